#include "qprompt/report/labels.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace qprompt::report {
namespace {

using Conditions = std::map<std::string, std::string>;
using Runs = std::vector<RunRecord*>;

// A model is known by its identity, and called as its folder is where it was met first.
void name_models(std::vector<RunRecord>& runs) {
  constexpr std::size_t kDigitsShown = 4;
  std::map<std::string, std::string> names;      // by identity
  std::map<std::string, std::size_t> of_folder;  // how many are called so
  for (const RunRecord& run : runs) {
    const std::string folder = std::filesystem::path(run.model_path).filename().string();
    if (names.emplace(run.model_identity, folder).second) ++of_folder[folder];
  }
  for (RunRecord& run : runs) {
    run.model = names[run.model_identity];
    if (of_folder[run.model] > 1) run.model += " " + run.model_identity.substr(0, kDigitsShown);
  }
}

// What all runs of a label share over an experiment's data sets.
Conditions code_of(const RunRecord& run) {
  Conditions conditions{{"version", run.version}, {"model", run.model}};
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

// Which images a data set holds; nothing where the record says nothing of them.
Conditions images_of(const RunRecord& run) {
  constexpr std::size_t kDigitsShown = 8;
  Conditions conditions;
  const auto add = [&](const std::string& name, const std::string& hash) {
    if (!hash.empty()) conditions[name] = hash.substr(0, kDigitsShown);
  };
  if (!run.is_zero_shot()) add("images", run.images_hash);
  for (const TargetRecord& target : run.targets) {
    add("images of " + target.name, target.images_hash);
  }
  return conditions;
}

std::string value_of(const Conditions& conditions, const std::string& name) {
  const auto found = conditions.find(name);
  return found == conditions.end() ? "none" : found->second;
}

// Whether a run of which something is not said is one of those, or of a kind of its own.
enum class Unsaid : std::uint8_t { kAny, kOther };

std::set<std::string> differing(const std::vector<Conditions>& all, Unsaid unsaid) {
  std::set<std::string> names, differ;
  for (const Conditions& conditions : all) {
    for (const auto& [name, value] : conditions) names.insert(name);
  }
  for (const std::string& name : names) {
    std::set<std::string> values;
    for (const Conditions& conditions : all) {
      if (unsaid == Unsaid::kOther || conditions.contains(name)) {
        values.insert(value_of(conditions, name));
      }
    }
    if (values.size() > 1) differ.insert(name);
  }
  return differ;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void tell_apart(const Runs& runs, Conditions (*conditions_of)(const RunRecord&), Unsaid unsaid,
                std::vector<std::string>& notices) {
  std::vector<Conditions> all;
  all.reserve(runs.size());
  for (const RunRecord* run : runs) all.push_back(conditions_of(*run));
  const std::set<std::string> differ = differing(all, unsaid);
  if (differ.empty()) return;
  notices.push_back(runs.front()->experiment + ", " + runs.front()->dataset + ", " +
                    runs.front()->label + ": runs of different " + joined(differ) +
                    ", in rows of their own and not averaged");
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string text;
    for (const std::string& name : differ) {
      if (unsaid == Unsaid::kAny && !all[i].contains(name)) continue;
      text += (text.empty() ? "" : ", ") + name + " " + value_of(all[i], name);
    }
    if (!text.empty()) runs[i]->label += " [" + text + "]";
  }
}

template <typename Key>
void tell_apart_within(std::vector<RunRecord>& runs, Key key_of,
                       Conditions (*conditions_of)(const RunRecord&), Unsaid unsaid,
                       std::vector<std::string>& notices) {
  std::map<std::invoke_result_t<Key, const RunRecord&>, Runs> rows;
  for (RunRecord& run : runs) rows[key_of(run)].push_back(&run);
  for (const auto& [key, row] : rows) tell_apart(row, conditions_of, unsaid, notices);
}

}  // namespace

std::vector<std::string> tell_labels_apart(std::vector<RunRecord>& runs) {
  name_models(runs);
  std::vector<std::string> notices;
  const auto code_shared_by = [](const RunRecord& run) {
    return std::tuple(run.experiment, run.label);
  };
  const auto images_shared_by = [](const RunRecord& run) {
    return std::tuple(run.experiment, run.dataset, run.classes);
  };
  const auto row_of = [](const RunRecord& run) {
    return std::tuple(run.experiment, run.label, run.dataset, run.classes, run.shots);
  };
  tell_apart_within(runs, code_shared_by, code_of, Unsaid::kOther, notices);
  tell_apart_within(runs, images_shared_by, images_of, Unsaid::kAny, notices);
  tell_apart_within(runs, row_of, settings_of, Unsaid::kOther, notices);
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
