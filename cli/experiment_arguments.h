#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/sweep_report.h"
#include "qprompt/experiment/plan.h"

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
  SweepResult run(Workbench& bench, const std::string& tokenizer,
                  const std::vector<RunSpec>& runs) const;
  // The tables of the records on stdout, and their JSON; throws where not all was done.
  void finish(const SweepResult& result) const;
};

}  // namespace qprompt::cli
