#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evaluate_report.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/learn_arguments.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/data/templates.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/training_run.h"

namespace qprompt::cli {
namespace {

constexpr char kTrainExamples[] = R"(Examples:
  qprompt train --model openai/clip-vit-base-patch16 --data photos --output run
  qprompt train --model M --data eurosat/2750 --split split_zhou_EuroSAT.json \
      --classes base --shots 16 --seed 1 --epochs 50 --output run
  qprompt train --model M --data photos --n-ctx 16 --full-precision --output run
  qprompt train --model M --data photos --preset maple-base2new --bits 4 --output run
  qprompt train --model M --data photos --method ivlp --regularizer promptsrc \
      --model-choice best_val --output run
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
  bool skip_evaluation = false;
  bool resume = false;
  OverwriteArgument overwrite;
};

Observer training_observer() {
  Observer observer;
  observer.stop = interrupted;
  auto progress = std::make_shared<Progress>("training", "steps");
  auto latest = std::make_shared<std::string>();
  observer.on_step = [progress, latest](std::int64_t done, std::int64_t steps) {
    progress->update(done, steps, *latest);
  };
  observer.on_epoch = [latest](const EpochReport& report) {
    *latest = fmt::format(
        "epoch {}, loss {:.4f}, accuracy {:.1f} %{}", report.epoch, report.loss,
        100 * report.accuracy,
        report.validation < 0 ? "" : fmt::format(", validation {:.1f} %", 100 * report.validation));
  };
  return observer;
}

TrainingRunOptions run_options(const TrainArguments& arguments, const Dataset& dataset) {
  // Before training: a template that is none is told now.
  const auto templates = templates_for({arguments.zero_shot_template}, dataset.name);
  return {.folder = arguments.output,
          .resume = arguments.resume,
          .features = arguments.features.options("training images", "views"),
          .test_features = arguments.features.options("test images"),
          .observer = training_observer(),
          .templates = arguments.skip_evaluation ? std::vector<std::string>{} : templates,
          .exif = arguments.data.exif.as_flag(),
          .data = arguments.data.description(dataset),
          .tokenizer = arguments.model.tokenizer,
          .zero_shot_template = arguments.zero_shot_template,
          .preset = arguments.flags.preset_use()};
}

// Whether the prompt is that of the best epoch: an interrupted run may have finished none.
bool has_best_epoch(const TrainArguments& arguments, const Learned& learned) {
  return arguments.learn.training.model_choice == ModelChoice::kBestVal && learned.chosen_epoch > 0;
}

void show(const TrainArguments& arguments, const TrainingRun& run) {
  const Learned& learned = run.learned;
  if (!run.comparison && !learned.interrupted && !arguments.skip_evaluation) {
    tell("notice: no test images, so nothing is compared with zero-shot");
  }
  if (run.comparison) {
    const auto& [zero_shot, adapted] = *run.comparison;
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
  const bool has_class_folders = data.split.empty() && std::filesystem::is_directory(data.data);
  require(!has_class_folders || !lies_in(run, data.data), run, ": lies in the images of ",
          data.data, ", expected a run folder elsewhere");
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

void run_train(TrainArguments& arguments) {
  arguments.learn = arguments.flags.config();
  if (!begins(arguments)) return;
  tell_preset(arguments.flags.preset_use());
  const Dataset dataset = arguments.data.load(arguments.learn.seed);
  const TrainingRunOptions options = run_options(arguments, dataset);
  tell_plan(arguments.learn);
  const TrainingRun run = run_training(arguments.model.load(), dataset, arguments.learn, options);
  tell_scarce(run.learned.scarce, arguments.learn.shots);
  tell_skipped(run.learned.skipped);
  tell_skipped(run.skipped);
  tell_choices(arguments, run.learned);
  show(arguments, run);
}

}  // namespace

void add_train_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "learn a prompt from a few images a class")
                          ->footer(kTrainExamples);
  auto arguments = std::make_shared<TrainArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  command->add_option("--output", arguments->output, "run folder to write")
      ->required()
      ->type_name("RUN");
  arguments->flags.add_to(*command);
  arguments->overwrite.add_to(*command);
  command
      ->add_flag("--resume", arguments->resume,
                 "go on with the run in --output that was interrupted")
      ->excludes("--force");
  command
      ->add_option("--template", arguments->zero_shot_template,
                   "of the zero-shot comparison; dataset: the published one of a known data set")
      ->capture_default_str();
  command->add_flag("--skip-evaluation", arguments->skip_evaluation,
                    "do not compare with zero-shot on the test images");
  arguments->features.add_to(*command);
  show_first(*command, {"model", "data", "output", "preset", "method", "shots", "epochs", "bits",
                        "resume", "force"});
  command->callback([arguments] { run_train(*arguments); });
}

}  // namespace qprompt::cli
