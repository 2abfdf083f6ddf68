#include "qprompt/report/labels.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace qprompt::report {
namespace {

using Conditions = std::map<std::string, std::string>;
using Runs = std::vector<RunRecord*>;

// What all runs of a label share over an experiment's data sets.
Conditions code_of(const RunRecord& run) {
  Conditions conditions{{"version", run.version}, {"model", run.model_identity}};
  const auto precision = run.machine.find("precision");
  if (precision != run.machine.end()) conditions["precision"] = precision->second;
  return conditions;
}

// What only runs of one row share.
Conditions settings_of(const RunRecord& run) {
  Conditions conditions = run.settings;
  for (const char* drawn : {"seed", "train_seed"}) conditions.erase(drawn);
  for (const TargetRecord& target : run.targets) {
    conditions["images of " + target.name] = std::to_string(target.images);
  }
  return conditions;
}

std::string value_of(const Conditions& conditions, const std::string& name) {
  const auto found = conditions.find(name);
  return found == conditions.end() ? "none" : found->second;
}

std::set<std::string> differing(const std::vector<Conditions>& all) {
  std::set<std::string> names, differ;
  for (const Conditions& conditions : all) {
    for (const auto& [name, value] : conditions) names.insert(name);
  }
  for (const std::string& name : names) {
    for (const Conditions& conditions : all) {
      if (value_of(conditions, name) != value_of(all.front(), name)) differ.insert(name);
    }
  }
  return differ;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void tell_apart(const Runs& runs, Conditions (*conditions_of)(const RunRecord&),
                std::vector<std::string>& notices) {
  std::vector<Conditions> all;
  all.reserve(runs.size());
  for (const RunRecord* run : runs) all.push_back(conditions_of(*run));
  const std::set<std::string> differ = differing(all);
  if (differ.empty()) return;
  notices.push_back(runs.front()->experiment + ", " + runs.front()->dataset + ", " +
                    runs.front()->label + ": runs of different " + joined(differ) +
                    ", in rows of their own and not averaged");
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string text;
    for (const std::string& name : differ) {
      text += (text.empty() ? "" : ", ") + name + " " + value_of(all[i], name);
    }
    runs[i]->label += " [" + text + "]";
  }
}

template <typename Key>
void tell_apart_within(std::vector<RunRecord>& runs, Key key_of,
                       Conditions (*conditions_of)(const RunRecord&),
                       std::vector<std::string>& notices) {
  std::map<std::invoke_result_t<Key, const RunRecord&>, Runs> rows;
  for (RunRecord& run : runs) rows[key_of(run)].push_back(&run);
  for (const auto& [key, row] : rows) tell_apart(row, conditions_of, notices);
}

}  // namespace

std::vector<std::string> tell_labels_apart(std::vector<RunRecord>& runs) {
  std::vector<std::string> notices;
  tell_apart_within(
      runs, [](const RunRecord& run) { return std::tuple(run.experiment, run.label); }, code_of,
      notices);
  const auto row_of = [](const RunRecord& run) {
    return std::tuple(run.experiment, run.label, run.dataset, run.classes, run.shots);
  };
  tell_apart_within(runs, row_of, settings_of, notices);
  std::set<std::tuple<decltype(row_of(runs.front())), std::uint64_t, std::uint64_t>> seen;
  std::erase_if(runs, [&](const RunRecord& run) {
    const bool again = !seen.insert({row_of(run), run.seed, run.train_seed}).second;
    if (again)
      notices.push_back(run.file.string() + ": settings and seeds of another run, left out");
    return again;
  });
  return notices;
}

}  // namespace qprompt::report
