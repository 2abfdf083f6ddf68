#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/output.h"
#include "qprompt/experiment/plan.h"
#include "qprompt/experiment/sweep.h"

namespace qprompt::cli {

// Data of experiments: each read once, by name or folder. What is not divided is divided the same
// way for all runs, whatever their seeds.
class ExperimentData {
 public:
  // `own`: data of one's own under names.
  ExperimentData(std::string data_root, std::map<std::string, PlanData> own)
      : data_root_(std::move(data_root)), own_(std::move(own)) {}

  // Says on stderr what was understood when it is first asked for.
  std::shared_ptr<const RunData> operator()(const std::string& name);

 private:
  std::string data_root_;
  std::map<std::string, PlanData> own_;
  std::map<std::string, std::shared_ptr<const RunData>> read_;
};

// --records, --shard, --tensorboard, --json, and the features' flags: what every command has that
// executes a list of runs.
struct SweepArguments {
  std::string records = "records";
  std::string shard;
  std::string tensorboard;
  FeatureArguments features;
  JsonArgument json;
  OverwriteArgument overwrite;

  void add_to(CLI::App& app);
  Workbench bench(const ModelArguments& model) const;
};

// Executes lists of runs, says what becomes of each, and shows what is there in the end.
class ShownSweep {
 public:
  ShownSweep(const SweepArguments& arguments, std::string tokenizer)
      : arguments_(arguments), tokenizer_(std::move(tokenizer)) {}

  // False where it was interrupted.
  bool run(Workbench& bench, const std::vector<RunSpec>& runs);
  // The tables of all records that are there on stdout, and their JSON; throws Error where a run
  // failed, and Interrupted where one was.
  void finish() const;

 private:
  void tell(const RunOutcome& outcome, std::size_t position, std::size_t runs);

  const SweepArguments& arguments_;
  std::string tokenizer_;
  std::vector<std::filesystem::path> records_;
  std::vector<std::string> failures_;
  bool interrupted_ = false;
};

}  // namespace qprompt::cli
