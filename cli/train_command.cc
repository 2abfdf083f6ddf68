#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/interrupt.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "qprompt/core/error.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/prompt/text_features.h"
#include "qprompt/serve/class_matrix.h"

namespace qprompt::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  qprompt train --model openai/clip-vit-base-patch16 --data photos --output run
  qprompt train --model M --data eurosat/2750 --split split_zhou_EuroSAT.json \
      --classes base --shots 16 --seed 1 --epochs 50 --output run
  qprompt train --model M --data photos --n-ctx 16 --full-precision --output run)";

struct TrainArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  LearnConfig learn;
  CoOpConfig coop;
  MethodTag method = MethodTag::kCoOp;
  std::string zero_shot_template = "a photo of a {}.";
  std::string output;
  bool skip_evaluation = false;
};

struct Comparison {
  Metrics zero_shot, adapted;
};

Observer training_observer() {
  Observer observer;
  observer.stop = interrupted;
  auto progress = std::make_shared<Progress>("training", "epochs");
  observer.on_epoch = [progress](const EpochReport& report) {
    progress->update(
        report.epoch, report.epochs,
        fmt::format("loss {:.4f}, accuracy {:.1f} %", report.loss, 100 * report.accuracy));
  };
  return observer;
}

std::optional<Comparison> compare(const TrainArguments& arguments, const Model& model,
                                  const Dataset& chosen, const Learned& learned) {
  if (arguments.skip_evaluation || chosen.test.empty() || learned.interrupted) return std::nullopt;
  const LabelledFeatures images =
      labelled_features(model, chosen.test, arguments.features.options("test images"));
  const std::vector<std::string> templates{arguments.zero_shot_template};
  return Comparison{evaluate(images, zero_shot_features(model, templates, chosen.class_names)),
                    evaluate(images, class_matrix(model, learned.prompt, chosen.class_names))};
}

nlohmann::ordered_json report_of(const TrainArguments& arguments, const Model& model,
                                 const Learned& learned, const std::optional<Comparison>& result) {
  nlohmann::ordered_json report = report_header("train", model);
  report["data"] = {{"path", arguments.data.data}, {"split", arguments.data.split}};
  report["settings"] = learn_config_as_json(arguments.learn);
  report["class_names"] = learned.class_names;
  report["steps"] = learned.steps;
  report["clusterings"] = learned.clusterings;
  report["interrupted"] = learned.interrupted;
  report["skipped_images"] = learned.skipped;
  report["seconds"] = {{"features", learned.feature_seconds},
                       {"training", learned.training_seconds}};
  report["bytes"] = {{"payload", payload_size(learned.prompt)},
                     {"file", to_bytes(learned.prompt).size()}};
  for (const EpochReport& epoch : learned.epochs) {
    report["epochs"].push_back({{"epoch", epoch.epoch},
                                {"loss", epoch.loss},
                                {"accuracy", epoch.accuracy},
                                {"lr", epoch.lr}});
  }
  if (result) {
    report["test"] = {{"images", result->adapted.images},
                      {"template", arguments.zero_shot_template},
                      {"zero_shot_accuracy", result->zero_shot.accuracy()},
                      {"adapted_accuracy", result->adapted.accuracy()}};
  }
  return report;
}

void show(const TrainArguments& arguments, const Learned& learned,
          const std::optional<Comparison>& result) {
  if (result) {
    fmt::print("zero-shot {:.2f} %, adapted {:.2f} % on {} test images of {} classes\n",
               100 * result->zero_shot.accuracy(), 100 * result->adapted.accuracy(),
               result->adapted.images, learned.class_names.size());
  }
  if (learned.interrupted) {
    fmt::print("interrupted after {} steps: the prompt is that of the last step\n", learned.steps);
  }
  fmt::print("{} ({} bytes, {} of them values)\n",
             (std::filesystem::path(arguments.output) / kPromptName).string(),
             to_bytes(learned.prompt).size(), payload_size(learned.prompt));
}

void run_train(TrainArguments& arguments) {
  require_writable_folder(arguments.output);
  const Model model = arguments.model.load();
  const Dataset dataset = arguments.data.load(arguments.learn.seed);
  const Learned learned = learn(model, dataset, arguments.learn,
                                arguments.features.options("training images"), training_observer());
  tell_scarce(learned.scarce, arguments.learn.shots);
  tell_skipped(learned.skipped);
  const Dataset chosen = subsample_classes(dataset, arguments.learn.classes);
  // The prompt is safe before anything else can fail.
  save_run(arguments.output, learned.prompt, learned.class_names,
           report_of(arguments, model, learned, std::nullopt));
  const auto result = compare(arguments, model, chosen, learned);
  if (result) {
    save_run(arguments.output, learned.prompt, learned.class_names,
             report_of(arguments, model, learned, result));
  }
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
  add_enum_option(*command, "--method", arguments->method, "what is learned");
  add_learn_flags(*command, arguments->learn, arguments->coop);
  command->add_option("--template", arguments->zero_shot_template, "of the zero-shot comparison")
      ->capture_default_str();
  command->add_flag("--skip-evaluation", arguments->skip_evaluation,
                    "do not compare with zero-shot on the test images");
  arguments->features.add_to(*command);
  command->callback([arguments, command] {
    arguments->learn.method = settled_method(*command, arguments->coop);
    run_train(*arguments);
  });
}

}  // namespace qprompt::cli
