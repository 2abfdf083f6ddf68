#include "cli/commands.h"
#include "cli/console.h"
#include "cli/experiment_arguments.h"
#include "cli/help.h"
#include "qprompt/core/border.h"

namespace qprompt::cli {
namespace {

constexpr char kSweepExamples[] = R"(Examples:
  qprompt sweep plan.toml
  qprompt sweep plan.toml --shard 1/2 &  qprompt sweep plan.toml --shard 2/2
  srun -n 8 qprompt sweep plan.toml
A plan:
  model = "openai/clip-vit-base-patch16"
  data-root = "/data"
  [settings]
  epochs = 50
  [methods.maple]
  epochs = 5
  batch-size = 4
  [[experiment]]
  kind = "base-to-new"
  data = ["caltech101", "eurosat"]
  methods = ["zeroshot", "coop", "qcoop", "maple", "qmaple"]
Runs whose records are there are not done again. docs/experiments.md has all keys.)";

struct SweepCommand {
  std::string plan;
  ModelArguments model;  // the plan's, with this machine's flags
  SweepArguments sweep;
};

void run_sweep(SweepCommand& arguments) {
  const Plan plan = read_plan(arguments.plan);
  if (arguments.sweep.records.empty()) arguments.sweep.records = plan.records.string();
  arguments.sweep.overwrite.require_writable({arguments.sweep.json.path}, {arguments.plan});
  require_writable_folder(arguments.sweep.records);
  ExperimentData data(plan.data_root, plan.data);
  // All of it is understood before anything is done.
  std::vector<std::vector<RunSpec>> lists;
  lists.reserve(plan.experiments.size());
  for (const Plan::Entry& entry : plan.experiments) {
    lists.push_back(naming(entry.place, [&] { return runs_of(entry.request, std::ref(data)); }));
  }
  SweepResult result;
  std::optional<Workbench> bench;
  for (std::size_t i = 0; i < lists.size() && !result.interrupted; ++i) {
    const Plan::Entry& entry = plan.experiments[i];
    tell("{}: {} runs", entry.request.experiment, lists[i].size());
    if (!bench || arguments.model.model != entry.model) {
      arguments.model.model = entry.model;
      bench.emplace(arguments.sweep.bench(arguments.model));
    }
    result += arguments.sweep.run(*bench, arguments.model.tokenizer, lists[i]);
  }
  arguments.sweep.finish(result);
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sweep", "do the experiments of a plan that are not done")
                          ->footer(kSweepExamples);
  auto arguments = std::make_shared<SweepCommand>();
  command->add_option("plan", arguments->plan, "plan file")->required()->type_name("PLAN.toml");
  arguments->model.add_machine_options(*command);
  arguments->sweep.records.clear();
  arguments->sweep.add_to(*command);
  show_first(*command, {"plan", "records", "shard", "json", "threads", "force"});
  command->callback([arguments] { run_sweep(*arguments); });
}

}  // namespace qprompt::cli
