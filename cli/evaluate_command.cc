#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evaluate_report.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/data/templates.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/test_set.h"

namespace qprompt::cli {
namespace {

constexpr char kEvaluateExamples[] = R"(Examples:
  qprompt evaluate --model M --data photos --prompt run
  qprompt evaluate --model M --data photos --template "a photo of a {}." --classes new
  qprompt evaluate --model M --data photos --prompt run --json report.json --per-class)";

struct EvaluateArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  JsonArgument json;
  OutputArgument per_image;
  OverwriteArgument overwrite;
  std::string prompt, classes;
  std::vector<std::string> templates{"a photo of a {}."};
  std::vector<std::string> others;
  std::optional<std::uint64_t> seed;
  bool per_class = false, reliability = false, coverage = false;
};

// Pictures of none of the classes, and how well they are told from those of the classes.
struct Others {
  Index images = 0;
  std::vector<KnownScoreQuality> scores;
};

nlohmann::ordered_json as_json(const Others& others) {
  nlohmann::ordered_json json{{"images", others.images}};
  for (const KnownScoreQuality& quality : others.scores) {
    json["scores"].push_back(
        {{"score", quality.score}, {"auroc", quality.auroc}, {"rejected", quality.rejected}});
  }
  return json;
}

AdaptedModel adapted_model(const EvaluateArguments& arguments, const Model& model,
                           const std::optional<PromptFile>& prompt, const Dataset& chosen) {
  if (!prompt) {
    return AdaptedModel::zero_shot(model, templates_for(arguments.templates, chosen.name),
                                   chosen.class_names);
  }
  return naming(prompt_path(arguments.prompt).string(),
                [&] { return AdaptedModel(model, *prompt, chosen.class_names); });
}

nlohmann::ordered_json report_of(const EvaluateArguments& arguments, const AdaptedModel& model,
                                 const TestSet& set, const Evaluation& evaluation,
                                 const Others& others) {
  nlohmann::ordered_json report = record_header("evaluate", model.model());
  report["data"] = as_json(arguments.data.description(set.data));
  report["settings"] = {{"classes", set.whose}, {"seed", set.seed}};
  if (arguments.prompt.empty()) {
    report["settings"]["templates"] = arguments.templates;
  } else {
    report["settings"]["prompt"] = arguments.prompt;
  }
  report.update(as_json(evaluation.metrics, model.class_names()));
  report["selective"] = as_json(risk_coverage(evaluation.images));
  if (others.images > 0) report["others"] = as_json(others);
  report["listed_images"] = images_of(set.data);
  report["skipped_images"] = evaluation.skipped;
  report["notices"] = evaluation.notices;
  return report;
}

void show(const EvaluateArguments& arguments, const TestSet& set, const Evaluation& evaluation,
          const Others& others) {
  const Metrics& metrics = evaluation.metrics;
  if (arguments.per_class) print_text(per_class_text(metrics, set.chosen.class_names));
  print("accuracy {}, top-5 {:.2f} %, macro F1 {:.2f} % on {} of {} images, among {} classes {}\n",
        accuracy_text(metrics.correct, metrics.images),
        100.0 * static_cast<double>(metrics.top_5) / static_cast<double>(metrics.images),
        100 * metrics.macro_f1, metrics.images, images_of(set.data), metrics.classes.size(),
        set.whose);
  print("{}\n", calibration_text(metrics.calibration));
  if (arguments.reliability) print("{}", reliability_text(metrics.calibration));
  if (arguments.coverage) print("{}", coverage_text(risk_coverage(evaluation.images)));
  if (others.images > 0) print("{}", others_text(others.scores, others.images));
}

void require_writable(const EvaluateArguments& arguments) {
  if (arguments.json.to_stdout() && arguments.per_image.to_stdout()) {
    throw CLI::ValidationError("--json - and --per-image - exclude each other");
  }
  arguments.overwrite.require_writable({arguments.json.path, arguments.per_image.path},
                                       joined({arguments.model.inputs(),
                                               arguments.data.inputs(),
                                               arguments.others,
                                               inputs_of_prompt(arguments.prompt),
                                               {arguments.classes},
                                               arguments.templates}));
}

std::vector<ImageSource> images_of(std::span<const Item> items) {
  require_files(items);
  std::vector<ImageSource> images;
  images.reserve(items.size());
  for (const Item& item : items) images.push_back(item.image);
  return images;
}

// Read as the test images are.
Others others_of(const EvaluateArguments& arguments, const AdaptedModel& model,
                 const ImageFeatures& known, const Dataset& tested) {
  if (arguments.others.empty()) return {};
  const ListedImages listed = listed_images(arguments.others, arguments.features.skip_bad_images);
  std::vector<ImageSource> images;
  images.reserve(listed.paths.size());
  for (const auto& path : listed.paths) {
    images.push_back(ImageSource(path).with(tested.orientation));
  }
  const FeatureOptions options = arguments.features.options("other images");
  const ImageFeatures features = model.features(images, options);
  tell_skipped(features.skipped);
  return {features.features.rows(), tell_apart(model, known, features, options)};
}

void run_evaluate(const EvaluateArguments& arguments) {
  require_writable(arguments);
  std::optional<PromptFile> prompt;
  if (!arguments.prompt.empty()) prompt = load_prompt_file(prompt_path(arguments.prompt));
  const TestSet set = arguments.data.test_set(arguments.prompt, arguments.classes, arguments.seed,
                                              prompt ? prompt->exif : std::nullopt);
  const Model model = arguments.model.load();
  // The text side first: a prompt that does not fit is told before the images are read.
  const AdaptedModel adapted = adapted_model(arguments, model, prompt, set.chosen);
  const ImageFeatures features =
      adapted.features(images_of(set.chosen.test), arguments.features.options("test images"));
  const Evaluation evaluation = evaluate(adapted, set.chosen.test, features);
  tell_skipped(evaluation.skipped);
  require(evaluation.metrics.images > 0, arguments.data.data, ": no test image that can be read");
  const Others others = others_of(arguments, adapted, features, set.chosen);
  arguments.json.write([&] { return report_of(arguments, adapted, set, evaluation, others); });
  if (arguments.per_image.wanted()) {
    arguments.per_image.write(per_image_csv(evaluation, adapted.class_names()));
  }
  const bool shows = !arguments.json.to_stdout() && !arguments.per_image.to_stdout();
  if (shows) show(arguments, set, evaluation, others);
}

// Which prompt, and among which classes.
void add_question_flags(CLI::App& command, EvaluateArguments& arguments) {
  auto* prompt =
      command.add_option("--prompt", arguments.prompt, "prompt file or run folder")->type_name("P");
  command
      .add_option("--template", arguments.templates,
                  "zero-shot: a sentence with {} for the class name, imagenet-7, imagenet-80, "
                  "dataset (the published sentence of a known data set) or a file of templates; "
                  "several are averaged")
      ->excludes(prompt)
      ->capture_default_str();
  command
      .add_option("--classes", arguments.classes,
                  "asked is among all, base or new classes of the data, or those in a file; "
                  "default: those that train remembered, else all")
      ->type_name("all|base|new|NAMES");
  add_division_seed(command, arguments.seed);
}

void add_result_flags(CLI::App& command, EvaluateArguments& arguments) {
  command.add_flag("--per-class", arguments.per_class, "print the accuracy of each class");
  command.add_flag("--reliability", arguments.reliability,
                   "print accuracy against confidence, bin by bin");
  command.add_flag("--coverage", arguments.coverage,
                   "print the accuracy of the most confident images against their share");
  command
      .add_option("--others", arguments.others,
                  "pictures of none of the classes, files and folders searched: print how well "
                  "scores tell them from the test images")
      ->allow_extra_args(false)
      ->type_name("IMAGES");
  arguments.json.add_to(command);
  command
      .add_option("--per-image", arguments.per_image.path,
                  "write path,label,predicted,probability,correct here; -: to stdout, nothing else")
      ->type_name("FILE");
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("evaluate", "accuracy and F1 of a prompt or of zero-shot templates")
          ->footer(kEvaluateExamples);
  auto arguments = std::make_shared<EvaluateArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  add_question_flags(*command, *arguments);
  add_result_flags(*command, *arguments);
  arguments->overwrite.add_to(*command);
  arguments->features.add_to(*command);
  show_first(*command,
             {"model", "data", "data-root", "split", "prompt", "template", "classes", "per-class",
              "reliability", "coverage", "others", "per-image", "json", "force"});
  command->callback([arguments] { run_evaluate(*arguments); });
}

}  // namespace qprompt::cli
