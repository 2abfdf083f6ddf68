#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/experiment_arguments.h"
#include "cli/help.h"
#include "cli/learn_arguments.h"
#include "cli/notices.h"
#include "qprompt/core/error.h"
#include "qprompt/experiment/experiments.h"

namespace qprompt::cli {
namespace {

constexpr char kMethodsHelp[] = R"(
Methods: zeroshot, coop, cocoop, vpt, language, ivlp, maple, kgcoop, prograd, promptsrc; on features
clip-adapter, tip-adapter, tip-adapter-f, clap (linear-probe, gaussian and class-means say nothing of
new classes). With q before it quantized (qcoop), with -noise behind it under Gaussian noise, with
+kgcoop, +prograd or +promptsrc under a regularizer (qmaple+kgcoop). Flags are for those methods that
have them. promptsrc is ivlp+promptsrc; --preset promptsrc-base2new adds its templates and average.
Every run leaves a record and its prompt below --records: the same command again does only what is
missing, qprompt report makes a page of them.)";

const std::map<std::string, std::string> kExamples{
    {"base-to-new", R"(Examples:
  qprompt base-to-new --model M --data photos
  qprompt base-to-new --model M --data-root DATA --data eurosat,dtd --methods zeroshot,coop,qcoop
  qprompt base-to-new --model M --data photos --methods maple,qmaple,promptsrc --bits 4)"},
    {"few-shot", R"(Examples:
  qprompt few-shot --model M --data-root DATA --data caltech101 --shots 1,4,16 --seeds 1,2,3)"},
    {"cross-dataset", R"(Examples:
  qprompt cross-dataset --model M --data-root DATA --data imagenet
  qprompt cross-dataset --model M --data-root DATA --data caltech101 --targets eurosat,dtd)"},
    {"domain-generalization", R"(Examples:
  qprompt domain-generalization --model M --data-root DATA)"},
};

struct ExperimentArguments {
  ModelArguments model;
  LearnArguments learn;
  SweepArguments sweep;
  ExperimentRequest request;
  DataArguments lists;  // --data-root; --split and --class-names, where there is one data set
};

void require_quantizer_of_names(const LearnArguments& learn) {
  const std::string quantizer = learn.given("quantizer");
  if (!is_said_by_names(quantizer)) return;
  throw CLI::ValidationError("--quantizer " + quantizer +
                             ": the names of --methods say it: coop, qcoop, coop-noise");
}

void run_experiment(const ExperimentArguments& arguments) {
  const std::vector<std::string>& given = arguments.request.data;
  arguments.sweep.overwrite.require_writable(
      {arguments.sweep.json.path},
      joined(
          {arguments.model.inputs(), given, {arguments.lists.split, arguments.lists.class_names}}));
  require_writable_folder(arguments.sweep.records);
  require_quantizer_of_names(arguments.learn);
  std::map<std::string, PlanData> own;
  if (!arguments.lists.split.empty() || !arguments.lists.class_names.empty()) {
    require(given.size() == 1, "--split and --class-names are of one data set, and --data names ",
            given.size());
    own[given.front()] = {given.front(), arguments.lists.split, arguments.lists.class_names};
  }
  ExperimentRequest request = arguments.request;
  request.settings = arguments.learn.settings();
  request.preset = arguments.learn.preset_use();
  tell_preset(request.preset);
  ExperimentData data(arguments.lists.data_root, own);
  const std::vector<RunSpec> runs = runs_of(request, std::ref(data));
  Workbench bench = arguments.sweep.bench(arguments.model);
  arguments.sweep.finish(arguments.sweep.run(bench, arguments.model.tokenizer, runs));
}

void add_data_options(CLI::App& command, const Experiment& experiment,
                      ExperimentArguments& arguments) {
  ExperimentRequest& request = arguments.request;
  CLI::Option* data = command.add_option("--data", request.data, "data sets by name, or folders")
                          ->delimiter(',')
                          ->type_name("D,...");
  if (experiment.data.empty()) data->required();
  arguments.lists.add_root_to(command);
  arguments.lists.add_lists_to(command);
  if (experiment.protocol != Protocol::kTransfer) return;
  command
      .add_option("--targets", request.targets, "tested on; default: those of the field's tables")
      ->delimiter(',')
      ->type_name("D,...");
}

void add_run_options(CLI::App& command, const Experiment& experiment,
                     ExperimentArguments& arguments) {
  ExperimentRequest& request = arguments.request;
  command.add_option("--methods", request.methods, "methods to compare")
      ->delimiter(',')
      ->default_str(fmt::format("{}", fmt::join(experiment.methods, ",")));
  if (!experiment.values.empty()) {
    command.add_option("--values", request.values, "what is varied")
        ->delimiter(',')
        ->default_str(fmt::format("{}", fmt::join(experiment.values, ",")));
  }
  command.add_option("--shots", request.shots, "training images a class; 0 takes all")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber)
      ->default_str(fmt::format("{}", fmt::join(experiment.shots, ",")));
  command.add_option("--seeds", request.seeds, "each draws other shots")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--train-seeds", request.train_seeds,
                  "batch orders and views tried with each seed; default: the seed itself")
      ->delimiter(',');
  command
      .add_option("--template", request.templates,
                  "of zero-shot: sentences, imagenet-7, imagenet-80, dataset or a file; averaged")
      ->capture_default_str();
}

void add_experiment(CLI::App& app, const Experiment& experiment) {
  const auto examples = kExamples.find(experiment.name);
  const std::string head =
      examples == kExamples.end()
          ? "Examples:\n  qprompt study " + experiment.name + " --model M --data photos"
          : examples->second;
  CLI::App* command =
      app.add_subcommand(experiment.name, experiment.what)->footer(head + kMethodsHelp);
  auto arguments = std::make_shared<ExperimentArguments>();
  arguments->request.experiment = experiment.name;
  arguments->model.add_to(*command);
  add_data_options(*command, experiment, *arguments);
  add_run_options(*command, experiment, *arguments);
  arguments->learn.add_to(*command,
                          {"method", "classes", "seed", "train_seed", "regularizer", "shots"});
  arguments->sweep.add_to(*command);
  show_first(*command, {"model", "data", "data-root", "targets", "methods", "values", "shots",
                        "seeds", "epochs", "bits", "records", "shard", "json"});
  command->callback([arguments] { run_experiment(*arguments); });
}

bool is_study(const Experiment& experiment) { return !kExamples.contains(experiment.name); }

}  // namespace

void add_experiment_commands(CLI::App& app) {
  for (const Experiment& experiment : experiments()) {
    if (!is_study(experiment)) add_experiment(app, experiment);
  }
  CLI::App* study =
      app.add_subcommand("study", "the paper's studies: noise, quantization, bits, ...");
  study->require_subcommand(1);
  for (const Experiment& experiment : experiments()) {
    if (is_study(experiment)) add_experiment(*study, experiment);
  }
}

}  // namespace qprompt::cli
