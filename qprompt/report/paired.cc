#include "qprompt/report/paired.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "qprompt/core/error.h"
#include "qprompt/report/group.h"

namespace qprompt::report {
namespace {

// What two runs share that are compared.
using Task = std::tuple<std::string, std::string, std::string>;  // model, data set, classes
using Draw = std::tuple<int, std::uint64_t, std::uint64_t>;      // shots, seed, train seed

struct Arm {
  std::string label, method;
  std::map<Task, std::map<Draw, const RunRecord*>> runs;
};

// By experiment; labels in the tables' order.
std::map<std::string, std::vector<Arm>> arms_of(const std::vector<RunRecord>& runs) {
  std::map<std::string, std::vector<Arm>> arms;
  for (const RunRecord& run : runs) {
    std::vector<Arm>& of_experiment = arms[run.experiment];
    auto arm = std::ranges::find(of_experiment, run.label, &Arm::label);
    if (arm == of_experiment.end()) {
      arm = of_experiment.insert(arm, {run.label, run.method, {}});
    }
    arm->runs[{run.model_identity, run.dataset, run.classes}]
             [{run.shots, run.seed, run.train_seed}] = &run;
  }
  return arms;
}

// Whether nothing is said against it.
bool may_be_same(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b;
}

bool of_same_images(const RunRecord& a, const RunRecord& b) {
  const bool learned = !a.is_zero_shot() && !b.is_zero_shot();
  if (learned && !may_be_same(a.images_hash, b.images_hash)) return false;
  return std::ranges::all_of(a.targets, [&](const TargetRecord& target) {
    const TargetRecord* other = b.target(target.name);
    return other == nullptr || may_be_same(target.images_hash, other->images_hash);
  });
}

using Pair = std::pair<const RunRecord*, const RunRecord*>;

// The run of `others` that shares the draw; a zero-shot run shares every one.
const RunRecord* partner(const RunRecord& run, const Draw& draw,
                         const std::map<Draw, const RunRecord*>& others) {
  const auto same = others.find(draw);
  const RunRecord* first = others.begin()->second;
  const bool is_any = first->is_zero_shot() && !run.is_zero_shot();
  const RunRecord* other = same != others.end() ? same->second : is_any ? first : nullptr;
  return other != nullptr && of_same_images(run, *other) ? other : nullptr;
}

std::vector<Pair> pairs_of(const Arm& a, const Arm& b) {
  std::set<Pair> pairs;
  for (const auto& [task, runs] : a.runs) {
    const auto others = b.runs.find(task);
    if (others == b.runs.end()) continue;
    for (const auto& [draw, run] : runs) {
      if (const RunRecord* other = partner(*run, draw, others->second)) pairs.emplace(run, other);
    }
    for (const auto& [draw, other] : others->second) {
      if (const RunRecord* run = partner(*other, draw, runs)) pairs.emplace(run, other);
    }
  }
  return {pairs.begin(), pairs.end()};
}

// Differences of every measure, by its name, which both runs of a pair have.
std::vector<std::pair<std::string, std::vector<double>>> differences_of(
    const std::vector<Pair>& pairs) {
  std::vector<std::pair<std::string, std::vector<double>>> differences;
  for (const auto& [run, other] : pairs) {
    const std::vector<Measure> theirs = measures(*other);
    for (const Measure& ours : measures(*run)) {
      const auto same = std::ranges::find(theirs, ours.name, &Measure::name);
      if (same == theirs.end()) continue;
      auto list =
          std::ranges::find(differences, ours.name, &decltype(differences)::value_type::first);
      if (list == differences.end()) list = differences.insert(list, {ours.name, {}});
      list->second.push_back(ours.value - same->value);
    }
  }
  return differences;
}

void compare(const std::string& experiment, const Arm& a, const Arm& b,
             std::vector<PairedDifference>& results) {
  for (const auto& [measure, values] : differences_of(pairs_of(a, b))) {
    results.push_back(
        {experiment, a.label, b.label, measure, mean_and_deviation(values),
         static_cast<int>(values.size()),
         static_cast<int>(std::ranges::count_if(values, [](double d) { return d > 0; })),
         static_cast<int>(std::ranges::count(values, 0.0))});
  }
}

void require_known(const std::vector<RunRecord>& runs, const std::string& baseline) {
  std::set<std::string> names;
  for (const RunRecord& run : runs) {
    names.insert(run.label);
    names.insert(run.method);
  }
  std::string expected;
  for (const std::string& name : names) expected += (expected.empty() ? "" : ", ") + name;
  require(names.contains(baseline), "baseline '", baseline, "', expected one of ", expected);
}

}  // namespace

std::vector<PairedDifference> paired_differences(const std::vector<RunRecord>& runs,
                                                 const std::string& baseline) {
  if (!baseline.empty()) require_known(runs, baseline);
  std::vector<PairedDifference> results;
  for (const auto& [experiment, arms] : arms_of(runs)) {
    for (std::size_t i = 0; i < arms.size(); ++i) {
      for (std::size_t j = 0; j < arms.size(); ++j) {
        const Arm &a = arms[i], &b = arms[j];
        const bool wanted = baseline.empty() ? i > j : b.label == baseline || b.method == baseline;
        if (i != j && wanted) compare(experiment, a, b, results);
      }
    }
  }
  return results;
}

Table paired_table(const std::vector<PairedDifference>& differences) {
  Table table{
      "paired-differences",
      "Paired differences",
      "Points of per cent by which a method stands above another over runs of the same data, "
      "shots and seeds: mean, population standard deviation over the pairs, and in how many "
      "of them it is above.",
      {},
      {},
      1};
  table.columns = {Column::of_text("experiment"),
                   Column::of_text("method"),
                   Column::of_text("against"),
                   Column::of_text("measure"),
                   Column::of_difference("difference"),
                   Column::of_count("wins"),
                   Column::of_count("ties"),
                   Column::of_count("pairs")};
  for (const PairedDifference& each : differences) {
    table.rows.push_back({each.experiment, each.label, each.against, each.measure,
                          Cell(each.difference, each.pairs > 1), double(each.wins),
                          double(each.ties), double(each.pairs)});
  }
  return table;
}

}  // namespace qprompt::report
