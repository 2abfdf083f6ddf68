#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evaluate_report.h"
#include "cli/help.h"
#include "cli/learn_arguments.h"
#include "cli/mpi_ranks.h"
#include "cli/notices.h"
#include "cli/output.h"
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
  qprompt train --model M --data photos --n-ctx 16 --full-precision --output run
  qprompt train --model M --data photos --preset maple-base2new --bits 4 --output run
  qprompt train --model M --data photos --method ivlp --regularizer promptsrc \
      --model-choice best_val --output run
  mpirun -n 2 qprompt train --model M --data imagenet --output run --ranks
  qprompt train --model M --data photos --method class-means --output run
The same command with --resume goes on with a run that was interrupted. Is prompt learning worth it?
Methods on features learn in a moment what it has to be compared with: class-means, linear-probe,
gaussian, tip-adapter; with epochs clip-adapter, tip-adapter-f, clap.)";

struct TrainArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  LearnArguments flags;
  LearnConfig learn;  // what the flags come to
  std::string zero_shot_template = "a photo of a {}.";
  std::string output;
  std::string tensorboard;
  bool skip_evaluation = false;
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
          .templates = templates,
          .exif = arguments.data.exif.as_flag(),
          .tensorboard = arguments.tensorboard,
          .tokenizer = arguments.model.tokenizer,
          .zero_shot_template = arguments.zero_shot_template};
}

// Tested are the test images of the classes that are learned, where there are any.
RunSpec run_spec(const TrainArguments& arguments, const Dataset& dataset) {
  RunSpec spec;
  spec.experiment = "train";
  spec.method = {name_of(arguments.learn), arguments.learn};
  spec.data = std::make_shared<const RunData>(dataset, arguments.data.description(dataset));
  spec.preset = arguments.flags.preset_use();
  const ClassSubset classes = arguments.learn.classes;
  if (has_test_images(dataset, classes) && !arguments.skip_evaluation)
    spec.targets = {{"test", spec.data, classes}};
  return spec;
}

// Whether the prompt is that of the best epoch: an interrupted run may have finished none.
bool has_best_epoch(const TrainArguments& arguments, const Learned& learned) {
  return arguments.learn.training.model_choice == ModelChoice::kBestVal && learned.chosen_epoch > 0;
}

void show(const TrainArguments& arguments, const RunResult& run) {
  const Learned& learned = *run.learned;
  if (!run.zero_shot && !learned.interrupted && !arguments.skip_evaluation) {
    tell("notice: no test images, so nothing is compared with zero-shot");
  }
  if (run.zero_shot) {
    const Metrics& zero_shot = *run.zero_shot;
    const Metrics& adapted = run.targets.front().metrics;
    print("zero-shot {}, adapted {} on {} test images of {} classes\n",
          accuracy_text(zero_shot.correct, zero_shot.images),
          accuracy_text(adapted.correct, adapted.images), adapted.images,
          learned.class_names.size());
    if (adapted.correct < zero_shot.correct) {
      tell("notice: the adapted model is worse than zero-shot");
    }
  }
  if (learned.interrupted) {
    print("interrupted after {} steps: the prompt is that of {}; --resume goes on\n", learned.steps,
          has_best_epoch(arguments, learned) ? "the best epoch so far" : "the last step");
  }
  print("{} ({} bytes, {} of them values)\n",
        (std::filesystem::path(arguments.output) / kPromptName).string(),
        to_bytes(learned.prompt).size(), payload_size(learned.prompt));
}

void tell_choices(const TrainArguments& arguments, const Learned& learned) {
  for (const std::string& reason : learned.bits_reasons) print("bits of {}\n", reason);
  if (learned.temperature != 1) {
    print("temperature {:.3f}, {}\n", learned.temperature, learned.temperature_reason);
  }
  const TrainingConfig& training = arguments.learn.training;
  if (!learned.interrupted && training.patience > 0 &&
      std::ssize(learned.epochs) < training.epochs) {
    print("stopped after {} of {} epochs: {} without a better validation\n", learned.epochs.size(),
          training.epochs, training.patience);
  }
  if (has_best_epoch(arguments, learned)) {
    print("epoch {} was best on the validation images\n", learned.chosen_epoch);
  }
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

void tell_plan(const LearnConfig& learn) {
  const TrainingConfig& training = learn.training;
  const std::string shots = learn.shots > 0 ? fmt::format("{} shots", learn.shots) : "all images";
  const std::string values = has_codebook(training.quantizer.kind)
                                 ? "bits " + training.quantizer.bits
                                 : enum_name(training.quantizer.kind) + std::string(" quantizer");
  const std::string epochs =
      learns_by_steps(learn.method) ? fmt::format("{} epochs", training.epochs) : "no epochs";
  tell("learning {} from {} a class: {}, {}", enum_name(method_tag(learn.method)), shots, epochs,
       values);
}

// Of several ranks the first holds it for all.
std::optional<RunLock> locked(const TrainArguments& arguments) {
  const auto& ranks = arguments.model.ranks;
  if (ranks && !ranks->is_root()) return std::nullopt;
  auto lock = RunLock::try_lock(arguments.output);
  require(lock.has_value(), arguments.output, ": another process works on this run");
  return lock;
}

void run_train(TrainArguments& arguments) {
  arguments.learn = arguments.flags.config();
  if (!begins(arguments)) return;
  tell_preset(arguments.flags.preset_use());
  const Dataset dataset = arguments.data.load(arguments.learn.seed);
  const RunOptions options = run_options(arguments, dataset);
  tell_plan(arguments.learn);
  Workbench bench(arguments.model.load(), arguments.features.options("training images", "views"),
                  arguments.features.options("test images"));
  const RunSpec spec = run_spec(arguments, dataset);
  const auto lock = locked(arguments);
  const RunResult run = execute(bench, spec, options);
  tell_scarce(run.learned->scarce, arguments.learn.shots);
  tell_skipped(run.learned->skipped);
  tell_skipped(run.skipped);
  tell_choices(arguments, *run.learned);
  show(arguments, run);
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
}

}  // namespace

void add_train_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "learn a prompt from a few images a class")
                          ->footer(kTrainExamples);
  auto arguments = std::make_shared<TrainArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  add_run_options(*command, *arguments);
  add_comparison_options(*command, *arguments);
  arguments->features.add_to(*command);
  show_first(*command, {"model", "data", "data-root", "output", "preset", "method", "shots",
                        "epochs", "bits", "resume", "force"});
  command->callback([arguments] {
    if (!arguments->ranks) {
      tell_of_others();
      return run_train(*arguments);
    }
    on_mpi_ranks([&](const RankOfRun& rank) { run_train_on(rank, *arguments); });
  });
}

}  // namespace qprompt::cli
