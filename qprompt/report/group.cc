#include "qprompt/report/group.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

namespace qprompt::report {
namespace {

constexpr std::array kExperiments{"base-to-new", "cross-dataset", "domain-generalization",
                                  "few-shot"};
constexpr std::array kMethods{"zeroshot", "class-means", "tip-adapter", "tip-adapter-f", "coop",
                              "cocoop",   "vpt",         "language",    "ivlp",          "maple",
                              "kgcoop",   "prograd",     "promptsrc"};

template <std::size_t N>
std::size_t position(const std::array<const char*, N>& names, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

// A quantized method behind the one that it quantizes.
std::tuple<std::size_t, bool, std::string> rank(const std::string& method) {
  const std::size_t known = position(kMethods, method);
  const bool quantized = known == kMethods.size() && method.starts_with('q');
  return {quantized ? position(kMethods, method.substr(1)) : known, quantized, method};
}

// Numbers by their size, all else as text.
bool value_less(const std::string& a, const std::string& b) {
  char *end_a = nullptr, *end_b = nullptr;
  const double number_a = std::strtod(a.c_str(), &end_a), number_b = std::strtod(b.c_str(), &end_b);
  const bool numbers = !a.empty() && !b.empty() && *end_a == '\0' && *end_b == '\0';
  return numbers && number_a != number_b ? number_a < number_b : a < b;
}

bool varied_less(const RunRecord& a, const RunRecord& b) {
  return std::ranges::lexicographical_compare(
      a.varied, b.varied, [](const auto& left, const auto& right) {
        return left.first != right.first ? left.first < right.first
                                         : value_less(left.second, right.second);
      });
}

auto experiment_rank(const std::string& experiment) {
  const bool last = experiment == "train";
  return std::tuple(last, position(kExperiments, experiment), experiment);
}

std::vector<double> values_of(const Group& group, const std::string& name) {
  std::vector<double> values;
  values.reserve(group.runs.size());
  for (const RunRecord* run : group.runs) {
    for (const Measure& measure : measures(*run)) {
      if (measure.name == name) values.push_back(measure.value);
    }
  }
  return values;
}

}  // namespace

bool comes_before(const RunRecord& a, const RunRecord& b) {
  const auto front = [](const RunRecord& run) {
    return std::tuple(experiment_rank(run.experiment), run.dataset, run.classes, rank(run.method));
  };
  const auto back = [](const RunRecord& run) {
    return std::tie(run.label, run.shots, run.seed, run.train_seed, run.run);
  };
  if (front(a) != front(b)) return front(a) < front(b);
  if (a.varied != b.varied) return varied_less(a, b);
  return back(a) < back(b);
}

std::vector<Measure> measures(const RunRecord& run) {
  std::vector<Measure> measures;
  measures.reserve(run.targets.size() + 1);
  double sum = 0;
  int others = 0;
  for (const TargetRecord& target : run.targets) {
    measures.push_back({target.name, 100 * target.accuracy});
    if (target.dataset == run.dataset) continue;
    sum += 100 * target.accuracy;
    ++others;
  }
  const TargetRecord *base = run.target(kBase), *novel = run.target(kNew);
  if (base != nullptr && novel != nullptr) {
    measures.push_back({kH, 100 * harmonic_mean(base->accuracy, novel->accuracy)});
  } else if (others > 1) {
    measures.push_back({kAverage, sum / others});
  }
  return measures;
}

double Group::training_seconds() const {
  double sum = 0;
  for (const RunRecord* run : runs) sum += run->seconds.training;
  return sum / static_cast<double>(runs.size());
}

std::vector<Group> groups_of(const std::vector<RunRecord>& runs) {
  std::map<std::tuple<std::string, std::string>, std::set<std::string>> classes;
  for (const RunRecord& run : runs) classes[{run.experiment, run.dataset}].insert(run.classes);
  std::vector<Group> groups;
  std::map<std::tuple<std::string, std::string, std::string, int>, std::size_t> found;
  for (const RunRecord& run : runs) {
    const bool several = classes[{run.experiment, run.dataset}].size() > 1;
    const std::string dataset = run.dataset + (several ? " (" + run.classes + " classes)" : "");
    const auto [place, is_new] =
        found.try_emplace({run.experiment, dataset, run.label, run.shots}, groups.size());
    if (is_new) {
      groups.push_back(
          {run.experiment, dataset, run.label, run.method, run.shots, !run.varied.empty(), {}});
    }
    groups[place->second].runs.push_back(&run);
  }
  return groups;
}

std::optional<MeanAndDeviation> mean_of(const Group& group, const std::string& measure) {
  const std::vector<double> values = values_of(group, measure);
  if (values.empty() || values.size() != group.runs.size()) return std::nullopt;
  MeanAndDeviation result = mean_and_deviation(values);
  if (measure == kH) {
    result.mean = harmonic_mean(mean_and_deviation(values_of(group, kBase)).mean,
                                mean_and_deviation(values_of(group, kNew)).mean);
  }
  return result;
}

std::vector<std::string> measure_names(std::span<const Group> groups) {
  std::vector<std::string> names, last;
  for (const Group& group : groups) {
    for (const Measure& measure : measures(*group.runs.front())) {
      std::vector<std::string>& list =
          measure.name == kH || measure.name == kAverage ? last : names;
      if (std::ranges::count(list, measure.name) == 0) list.push_back(measure.name);
    }
  }
  names.insert(names.end(), last.begin(), last.end());
  return names;
}

}  // namespace qprompt::report
