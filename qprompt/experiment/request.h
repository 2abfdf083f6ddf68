#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/run/run_spec.h"
#include "qprompt/train/settings.h"

namespace qprompt {

// What a person asks for, on a command line or in a plan: an experiment over data sets x seeds x
// methods x settings.
struct ExperimentRequest {
  std::string experiment;              // "base-to-new", "noise" (experiments.h)
  std::vector<std::string> data{};     // names or folders; learned from
  std::vector<std::string> targets{};  // tested on, where the experiment has targets of its own
  std::vector<std::string> methods{};  // of the tables; empty: the experiment's own
  std::vector<std::string> values{};   // of what a study varies; empty: its own
  std::vector<int> shots{};            // empty: the experiment's own
  std::vector<std::uint64_t> seeds{1, 2, 3};
  // Batch orders and views tried with each seed; empty: the seed itself.
  std::vector<std::uint64_t> train_seeds{};
  std::vector<std::string> templates{"a photo of a {}."};  // of zero-shot; averaged
  std::optional<PresetUse> preset{};

  // Each over the ones before: of whichever methods have them, of a method and its quantized form,
  // of this experiment, of runs that learn from a data set. What a study varies is over all.
  Settings defaults{};
  std::map<std::string, Settings> method_settings{};
  Settings settings{};
  std::map<std::string, Settings> data_settings{};
};

// Data by the name or the folder that a request has for them; the same ones for the same name.
using DataSource = std::function<std::shared_ptr<const RunData>(const std::string& name)>;

// Whether two names are of one data set: "EuroSAT" is "eurosat".
bool same_data(const std::string& a, const std::string& b);

// The runs of an experiment, in the order in which they share most. Throws Error for an unknown
// experiment or method, for settings that none of its methods has, and for what is missing.
QPROMPT_API std::vector<RunSpec> runs_of(const ExperimentRequest& request, const DataSource& data);

}  // namespace qprompt
