#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/learn_arguments.h"
#include "cli/mpi_ranks.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/train_report.h"
#include "cli/training_progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/shard.h"
#include "qprompt/data/templates.h"
#include "qprompt/run/execute.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_lock.h"

namespace qprompt::cli {
namespace {

constexpr char kTrainExamples[] = R"(Examples:
  qprompt train --model openai/clip-vit-base-patch16 --data photos --output run
  qprompt train --model M --data eurosat --data-root DATA --classes base --shots 16 --seed 1 \
      --epochs 50 --output run
  qprompt train --model M --data photos --tune --for new --budget 10m --output run
  qprompt train --model M --data photos --n-ctx 16 --full-precision --output run
  qprompt train --model M --data photos --preset maple-base2new --bits 4 --output run
  qprompt train --model M --data photos --method ivlp --regularizer promptsrc \
      --model-choice best_val --output run
  mpirun -n 2 qprompt train --model M --data imagenet --output run --ranks
  qprompt train --model M --data photos --method class-means --output run
The same command with --resume goes on with a run that was interrupted. Is prompt learning worth it?
Methods on features learn in a moment what it has to be compared with: class-means, linear-probe,
gaussian, tip-adapter; with epochs clip-adapter, tip-adapter-f, clap.)";

constexpr char kTuneExamples[] = R"(Examples:
  qprompt tune --model M --data photos --output run
  qprompt tune --model M --data photos --for same --budget 2m --output run
  qprompt tune --model M --data photos --candidates "qcoop,qkgcoop,qkgcoop & qclap" --output run
  qprompt tune --model M --data photos --method maple --bits 4 --epochs 5 --output run
Candidates learn from half of the classes and are judged on held-out images of these and on the other
half; the best one then learns from all of them. No test image is looked at (docs/tune.md).)";

struct TrainArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  LearnArguments flags;
  Method method;  // what the flags come to
  std::string zero_shot_template = "a photo of a {}.";
  std::string output;
  std::string tensorboard;
  bool skip_evaluation = false;
  bool skip_held_out = false;
  bool tune = false;
  bool resume = false;
  bool ranks = false;
  OverwriteArgument overwrite;
};

RunOptions run_options(const TrainArguments& arguments, const Dataset& dataset) {
  // Before training: a template that is none is told now.
  const auto templates = templates_for({arguments.zero_shot_template}, dataset.name);
  return {.folder = arguments.output,
          .resume = arguments.resume,
          .observer = training_observer(),
          .on_choosing = choosing_progress(),
          .templates = templates,
          .forecast = !arguments.skip_held_out,
          .exif = arguments.data.exif.as_flag(),
          .tensorboard = arguments.tensorboard,
          .tokenizer = arguments.model.tokenizer,
          .zero_shot_template = arguments.zero_shot_template};
}

// Tested are the test images of the classes that are learned, where there are any.
RunSpec run_spec(const TrainArguments& arguments, const Dataset& dataset) {
  RunSpec spec;
  spec.experiment = "train";
  spec.method = arguments.method;
  spec.data = std::make_shared<const RunData>(dataset, arguments.data.description(dataset));
  if (!spec.method.tune) spec.preset = arguments.flags.preset_use();
  const ModelChoice choice = spec.method.learn->training.model_choice;
  if (spec.preset && spec.preset->differences.contains("model_choice")) {
    spec.preset->differences["model_choice"] = enum_name(choice);  // it may have been settled
  }
  const ClassSubset classes = spec.method.learn->classes;
  if (has_test_images(dataset, classes) && !arguments.skip_evaluation)
    spec.targets = {{"test", spec.data, classes}};
  return spec;
}

// Folders are classes: a run among them would be one.
void require_outside(const std::string& run, const DataArguments& data) {
  const std::string place = data.place();
  const bool has_class_folders = data.split.empty() && std::filesystem::is_directory(place);
  require(!has_class_folders || !lies_in(run, place), run, ": lies in the images of ", place,
          ", expected a run folder elsewhere");
}

// Whether there is anything to do. Throws Error where a run would be lost.
bool begins(const TrainArguments& arguments) {
  const std::string& run = arguments.output;
  require_writable_folder(run);
  require_outside(run, arguments.data);
  if (arguments.overwrite.force) return true;
  const RunState state = run_state(run);
  if (state == RunState::kFinished && arguments.resume) {
    print("{}: this run is finished, there is nothing to go on with\n", run);
    return false;
  }
  require(state == RunState::kNone || arguments.resume, run, ": holds ",
          state == RunState::kFinished ? "a finished run; --force overwrites it (--resume goes on "
                                         "with one that was interrupted)"
                                       : "an unfinished run; --resume goes on with it, --force "
                                         "begins anew");
  return true;
}

// Of several ranks the first holds it for all.
std::optional<RunLock> locked(const TrainArguments& arguments) {
  const auto& ranks = arguments.model.ranks;
  if (ranks && !ranks->is_root()) return std::nullopt;
  auto lock = RunLock::try_lock(arguments.output);
  require(lock.has_value(), arguments.output, ": another process works on this run");
  return lock;
}

Method method_of(const TrainArguments& arguments) {
  if (arguments.tune) return arguments.flags.tuned();
  const LearnConfig config = arguments.flags.config();
  return {.name = name_of(config), .learn = config};
}

// Nobody asked for the best epoch by name.
void settle_epoch_choice(const Dataset& dataset, TrainArguments& arguments) {
  if (!arguments.flags.given("model_choice").empty()) return;
  if (!keep_last_without_validation(dataset, *arguments.method.learn)) return;
  tell("notice: no validation images, so no epoch is chosen: the last one is kept");
}

// Published settings are those of CLIP's sizes.
void tell_size(const TrainArguments& arguments, const Model& model) {
  constexpr Index kSmallestClip = 512;
  const bool published = !arguments.tune && arguments.flags.preset_use();
  if (!published || model.shape().embed >= kSmallestClip) return;
  tell(
      "notice: the preset was published for features of 512 and more, this model's have {}; --tune "
      "looks for settings that suit it",
      model.shape().embed);
}

void run_train(TrainArguments& arguments) {
  arguments.method = method_of(arguments);
  const LearnConfig& learn = *arguments.method.learn;
  if (!begins(arguments)) return;
  if (!arguments.tune) tell_preset(arguments.flags.preset_use());
  const Dataset dataset = arguments.data.load(learn.seed);
  settle_epoch_choice(dataset, arguments);
  const RunOptions options = run_options(arguments, dataset);
  tell_plan(arguments.method);
  Workbench bench(arguments.model.load(), arguments.features.options("training images", "views"),
                  arguments.features.options("test images"));
  tell_size(arguments, bench.model());
  const RunSpec spec = run_spec(arguments, dataset);
  const auto lock = locked(arguments);
  const RunResult run = execute(bench, spec, options);
  tell_scarce(run.learned->scarce, learn.shots);
  tell_skipped(run.learned->skipped);
  tell_skipped(run.skipped);
  show({arguments.output, spec, run, !arguments.skip_evaluation});
}

// A script may mean it, with a folder for each.
void tell_of_others() {
  const auto process = launched_process();
  if (!process || process->count == 1) return;
  tell("notice: {} processes were started, and each does a run of its own; --ranks makes it one",
       process->count);
}

// One of several ranks at this run.
void run_train_on(const RankOfRun& rank, TrainArguments& arguments) {
  ModelArguments& model = arguments.model;
  model.ranks = rank.ranks;
  if (model.device.threads == 0) model.device.threads = rank.cores;
  tell("{} ranks, threads of each: {}", rank.ranks->size(), model.device.threads);
  run_train(arguments);
}

void add_run_options(CLI::App& command, TrainArguments& arguments) {
  command.add_option("--output", arguments.output, "run folder to write")
      ->required()
      ->type_name("RUN");
  arguments.flags.add_to(command);
  arguments.overwrite.add_to(command);
  command
      .add_flag("--resume", arguments.resume, "go on with the run in --output that was interrupted")
      ->excludes("--force");
  command
      .add_option("--tensorboard", arguments.tensorboard, "folder for TensorBoard's event files")
      ->type_name("DIR");
  command.add_flag("--ranks", arguments.ranks,
                   "work on this run with all processes that mpirun or srun started");
}

void add_comparison_options(CLI::App& command, TrainArguments& arguments) {
  command
      .add_option("--template", arguments.zero_shot_template,
                  "of the zero-shot comparison; dataset: the published one of a known data set")
      ->capture_default_str();
  command.add_flag("--skip-evaluation", arguments.skip_evaluation,
                   "do not compare with zero-shot on the test images");
  command.add_flag("--skip-held-out", arguments.skip_held_out,
                   "do not learn a second time, from half of the classes, to see what becomes of "
                   "the others");
}

std::shared_ptr<TrainArguments> add_arguments(CLI::App* command) {
  auto arguments = std::make_shared<TrainArguments>();
  arguments->flags.fall_back_on_recommendation();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  add_run_options(*command, *arguments);
  add_comparison_options(*command, *arguments);
  arguments->features.add_to(*command);
  command->callback([arguments] {
    if (!arguments->ranks) {
      tell_of_others();
      return run_train(*arguments);
    }
    on_mpi_ranks([&](const RankOfRun& rank) { run_train_on(rank, *arguments); });
  });
  return arguments;
}

}  // namespace

void add_train_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "learn a prompt from a few images a class")
                          ->footer(kTrainExamples);
  const auto arguments = add_arguments(command);
  command->add_flag("--tune", arguments->tune,
                    "choose method, settings and epoch by held-out classes, then learn from all");
  show_first(*command, {"model", "data", "data-root", "output", "preset", "tune", "method", "shots",
                        "epochs", "bits", "resume", "force"});
}

void add_tune_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("tune", "train with settings that are chosen (train --tune)")
          ->footer(kTuneExamples);
  const auto arguments = add_arguments(command);
  arguments->tune = true;
  show_first(*command, {"model", "data", "data-root", "output", "for", "budget", "candidates",
                        "shots", "resume", "force"});
}

}  // namespace qprompt::cli
