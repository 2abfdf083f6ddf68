#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/interrupt.h"
#include "cli/learn_arguments.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/prompt/templates.h"
#include "qprompt/serve/deployment.h"
#include "qprompt/train/training_state.h"

namespace qprompt::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  qprompt train --model openai/clip-vit-base-patch16 --data photos --output run
  qprompt train --model M --data eurosat/2750 --split split_zhou_EuroSAT.json \
      --classes base --shots 16 --seed 1 --epochs 50 --output run
  qprompt train --model M --data photos --n-ctx 16 --full-precision --output run
  qprompt train --model M --data photos --preset maple-base2new --bits 4 --output run
  qprompt train --model M --data photos --method ivlp --regularizer promptsrc \
      --model-choice best_val --output run
The same command with --resume goes on with a run that was interrupted.)";

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
};

struct Comparison {
  Metrics zero_shot, adapted;
};

// Of what a run learns from and is judged by while it learns: class names, and the images with
// their labels.
std::uint64_t list_fingerprint(const Dataset& dataset) {
  std::uint64_t hash = 0;
  for (const std::string& name : dataset.class_names) hash = hash64(name, hash);
  for (const auto* items : {&dataset.train, &dataset.val}) {
    for (const Item& item : *items) {
      hash = hash64(item.path.string() + '\n' + std::to_string(item.label), hash);
    }
  }
  return hash;
}

// What must be the same for a run to be resumed. The learning rate may be another one: a run that
// diverged goes on from its last good epoch with a smaller one.
std::string settings_text(const TrainArguments& arguments, const Model& model,
                          const Dataset& dataset) {
  nlohmann::ordered_json settings = learn_config_as_json(arguments.learn);
  settings.erase("lr");
  settings["model"] = hex64(model.fingerprint());
  settings["precision"] = enum_name(model.device().format());
  settings["tokenizer"] = arguments.model.tokenizer;
  settings["data"] = arguments.data.data;
  settings["split"] = arguments.data.split;
  settings["list"] = hex64(list_fingerprint(dataset));
  return json_line(settings);
}

std::filesystem::path state_path(const TrainArguments& arguments) {
  return std::filesystem::path(arguments.output) / kStateName;
}

// Without a state there was no finished epoch, and the run begins; a finished run is left alone.
std::optional<TrainingState> state_to_resume(const TrainArguments& arguments,
                                             const std::string& settings) {
  if (!arguments.resume) return std::nullopt;
  if (std::filesystem::exists(state_path(arguments))) {
    return load_state_file(state_path(arguments), settings);
  }
  const auto report = std::filesystem::path(arguments.output) / kReportName;
  require(!std::filesystem::exists(report) || read_json(report).value("interrupted", true),
          arguments.output, ": this run is finished; without --resume it is learned anew");
  return std::nullopt;
}

// Another run's state is kept until this one has its own.
Observer training_observer(const TrainArguments& arguments, const std::string& settings,
                           bool& has_state) {
  Observer observer;
  observer.stop = interrupted;
  observer.on_state = [path = state_path(arguments), settings,
                       &has_state](const TrainingState& state) {
    save_state_file(state, settings, path);
    has_state = true;
  };
  auto progress = std::make_shared<Progress>("training", "epochs");
  observer.on_epoch = [progress](const EpochReport& report) {
    progress->update(
        report.epoch, report.epochs,
        fmt::format("loss {:.4f}, accuracy {:.1f} %{}", report.loss, 100 * report.accuracy,
                    report.validation < 0
                        ? ""
                        : fmt::format(", validation {:.1f} %", 100 * report.validation)));
  };
  return observer;
}

std::optional<Comparison> compare(const TrainArguments& arguments, const Model& model,
                                  const Dataset& chosen, const Learned& learned,
                                  const std::vector<std::string>& templates) {
  if (arguments.skip_evaluation || chosen.test.empty() || learned.interrupted) return std::nullopt;
  TestImages images(model, chosen.test, arguments.features.options("test images"));
  Comparison result{images.evaluate(deploy_templates(model, templates, chosen.class_names)),
                    images.evaluate(deploy(model, learned.prompt, chosen.class_names))};
  tell_skipped(images.skipped());
  return result;
}

nlohmann::ordered_json epochs_report(const Learned& learned) {
  auto epochs = nlohmann::ordered_json::array();
  for (const EpochReport& epoch : learned.epochs) {
    epochs.push_back({{"epoch", epoch.epoch},
                      {"loss", epoch.loss},
                      {"accuracy", epoch.accuracy},
                      {"lr", epoch.lr}});
    if (epoch.validation >= 0) epochs.back()["validation"] = epoch.validation;
  }
  return epochs;
}

nlohmann::ordered_json report_of(const TrainArguments& arguments, const Model& model,
                                 const Learned& learned, const std::optional<Comparison>& result) {
  nlohmann::ordered_json report = report_header("train", model);
  report["data"] = {{"path", arguments.data.data}, {"split", arguments.data.split}};
  report["settings"] = learn_config_as_json(arguments.learn);
  report["preset"] = arguments.flags.preset_report();
  report["class_names"] = learned.class_names;
  report["steps"] = learned.steps;
  report["chosen_epoch"] = learned.chosen_epoch;
  report["clusterings"] = learned.clusterings;
  report["bits_reasons"] = learned.bits_reasons;
  report["interrupted"] = learned.interrupted;
  report["skipped_images"] = learned.skipped;
  report["seconds"] = {{"features", learned.feature_seconds},
                       {"training", learned.training_seconds}};
  report["bytes"] = {{"payload", payload_size(learned.prompt)},
                     {"file", to_bytes(learned.prompt).size()}};
  if (!learned.epochs.empty()) report["epochs"] = epochs_report(learned);
  if (result) {
    report["test"] = {{"images", result->adapted.images},
                      {"template", arguments.zero_shot_template},
                      {"zero_shot_accuracy", result->zero_shot.accuracy()},
                      {"adapted_accuracy", result->adapted.accuracy()}};
  }
  return report;
}

// Whether the prompt is that of the best epoch: an interrupted run may have finished none.
bool has_best_epoch(const TrainArguments& arguments, const Learned& learned) {
  return arguments.learn.training.model_choice == ModelChoice::kBestVal && learned.chosen_epoch > 0;
}

void show(const TrainArguments& arguments, const Learned& learned,
          const std::optional<Comparison>& result) {
  if (result) {
    fmt::print("zero-shot {:.2f} %, adapted {:.2f} % on {} test images of {} classes\n",
               100 * result->zero_shot.accuracy(), 100 * result->adapted.accuracy(),
               result->adapted.images, learned.class_names.size());
  }
  if (learned.interrupted) {
    fmt::print("interrupted after {} steps: the prompt is that of {}; --resume goes on\n",
               learned.steps,
               has_best_epoch(arguments, learned) ? "the best epoch so far" : "the last step");
  }
  fmt::print("{} ({} bytes, {} of them values)\n",
             (std::filesystem::path(arguments.output) / kPromptName).string(),
             to_bytes(learned.prompt).size(), payload_size(learned.prompt));
}

void tell_choices(const TrainArguments& arguments, const Learned& learned) {
  for (const std::string& reason : learned.bits_reasons) fmt::print("bits of {}\n", reason);
  const TrainingConfig& training = arguments.learn.training;
  if (!learned.interrupted && std::ssize(learned.epochs) < training.epochs) {
    fmt::print("stopped after {} of {} epochs: {} without a better validation\n",
               learned.epochs.size(), training.epochs, training.patience);
  }
  if (has_best_epoch(arguments, learned)) {
    fmt::print("epoch {} was best on the validation images\n", learned.chosen_epoch);
  }
}

// An error amid the run, such as a loss that is not finite, says where the last good state is.
Learned learn_from_state(const TrainArguments& arguments, const Model& model,
                         const Dataset& dataset) {
  const std::string settings = settings_text(arguments, model, dataset);
  const std::optional<TrainingState> state = state_to_resume(arguments, settings);
  bool has_state = state.has_value();
  try {
    return learn(model, dataset, arguments.learn, arguments.features.options("training images"),
                 training_observer(arguments, settings, has_state), state ? &*state : nullptr);
  } catch (const Error& error) {
    if (!has_state) throw;
    fail(error.what(), "; the last whole epoch is kept in ", state_path(arguments).string(),
         ", --resume goes on from it, with another --lr too");
  }
}

void run_train(TrainArguments& arguments) {
  arguments.learn = arguments.flags.config();
  tell_preset(arguments.flags.preset_report());
  require_writable_folder(arguments.output);
  const Dataset dataset = arguments.data.load(arguments.learn.seed);
  // Before training: a template that is none is told now.
  const auto templates = templates_for({arguments.zero_shot_template}, dataset.name);
  const Model model = arguments.model.load();
  const Learned learned = learn_from_state(arguments, model, dataset);
  tell_scarce(learned.scarce, arguments.learn.shots);
  tell_skipped(learned.skipped);
  const Dataset chosen = subsample_classes(dataset, arguments.learn.classes);
  // The prompt is safe before anything else can fail.
  save_run(arguments.output, learned.prompt, learned.class_names,
           report_of(arguments, model, learned, std::nullopt));
  if (!learned.interrupted) std::filesystem::remove(state_path(arguments));
  const auto result = compare(arguments, model, chosen, learned, templates);
  if (result) {
    save_run(arguments.output, learned.prompt, learned.class_names,
             report_of(arguments, model, learned, result));
  }
  tell_choices(arguments, learned);
  show(arguments, learned, result);
}

}  // namespace

void add_train_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("train", "learn a prompt from a few images a class")->footer(kExamples);
  auto arguments = std::make_shared<TrainArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  command->add_option("--output", arguments->output, "run folder to write")
      ->required()
      ->type_name("RUN");
  arguments->flags.add_to(*command);
  command->add_flag("--resume", arguments->resume,
                    "go on with the run in --output that was interrupted");
  command
      ->add_option("--template", arguments->zero_shot_template,
                   "of the zero-shot comparison; dataset: the published one of a known data set")
      ->capture_default_str();
  command->add_flag("--skip-evaluation", arguments->skip_evaluation,
                    "do not compare with zero-shot on the test images");
  arguments->features.add_to(*command);
  command->callback([arguments] { run_train(*arguments); });
}

}  // namespace qprompt::cli
