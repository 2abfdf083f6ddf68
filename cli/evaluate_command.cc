#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/fields.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/data/templates.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"

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
  OverwriteArgument overwrite;
  std::string prompt;
  std::vector<std::string> templates{"a photo of a {}."};
  ClassSubset classes = ClassSubset::kAll;
  std::optional<std::uint64_t> seed;
  bool per_class = false;
};

AdaptedModel adapted_model(const EvaluateArguments& arguments, const Model& model,
                           const Dataset& chosen) {
  if (arguments.prompt.empty()) {
    return AdaptedModel::zero_shot(model, templates_for(arguments.templates, chosen.name),
                                   chosen.class_names);
  }
  const std::filesystem::path path = prompt_path(arguments.prompt);
  return naming(path.string(),
                [&] { return AdaptedModel(model, load_prompt_file(path), chosen.class_names); });
}

nlohmann::ordered_json report_of(const EvaluateArguments& arguments, const AdaptedModel& model,
                                 const Evaluation& evaluation) {
  nlohmann::ordered_json report = record_header("evaluate", model.model());
  report["data"] = as_json(arguments.data.description());
  report["settings"] = {{"classes", enum_name(arguments.classes)}, {"seed", *arguments.seed}};
  if (arguments.prompt.empty()) {
    report["settings"]["templates"] = arguments.templates;
  } else {
    report["settings"]["prompt"] = arguments.prompt;
  }
  report.update(as_json(evaluation.metrics, model.class_names()));
  report["skipped_images"] = evaluation.skipped;
  return report;
}

void show(const EvaluateArguments& arguments, const Dataset& chosen, const Metrics& metrics) {
  if (arguments.per_class) {
    for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
      print("{:7.2f} %  {:5} images  {}\n", 100 * metrics.classes[c].accuracy(),
            metrics.classes[c].images, chosen.class_names[c]);
    }
  }
  print("accuracy {:.2f} %, macro F1 {:.2f} % on {} test images of {} classes\n",
        100 * metrics.accuracy(), 100 * metrics.macro_f1, metrics.images,
        chosen.class_names.size());
}

void run_evaluate(EvaluateArguments& arguments) {
  arguments.overwrite.require_writable(
      {arguments.json.path}, {arguments.model.model, arguments.data.data, arguments.data.split,
                              prompt_path(arguments.prompt).string()});
  arguments.seed = division_seed(arguments.seed, prompt_path(arguments.prompt));
  const Model model = arguments.model.load();
  const Dataset chosen = subsample_classes(arguments.data.load(*arguments.seed), arguments.classes);
  require(!chosen.test.empty(), arguments.data.data, ": no test images");
  // The text side first: a prompt that does not fit is told before the images are read.
  const AdaptedModel adapted = adapted_model(arguments, model, chosen);
  const Evaluation evaluation =
      evaluate(adapted, chosen.test, arguments.features.options("test images"));
  tell_skipped(evaluation.skipped);
  require(evaluation.metrics.images > 0, arguments.data.data, ": no test image that can be read");
  arguments.json.write([&] { return report_of(arguments, adapted, evaluation); });
  if (!arguments.json.to_stdout()) show(arguments, chosen, evaluation.metrics);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("evaluate", "accuracy and F1 of a prompt or of zero-shot templates")
          ->footer(kEvaluateExamples);
  auto arguments = std::make_shared<EvaluateArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  auto* prompt = command->add_option("--prompt", arguments->prompt, "prompt file or run folder")
                     ->type_name("P");
  command
      ->add_option("--template", arguments->templates,
                   "zero-shot: a sentence with {} for the class name, imagenet-7, imagenet-80, "
                   "dataset (the published sentence of a known data set) or a file of templates; "
                   "several are averaged")
      ->excludes(prompt)
      ->capture_default_str();
  add_enum_option(*command, "--classes", arguments->classes, "which classes");
  add_division_seed(*command, arguments->seed);
  command->add_flag("--per-class", arguments->per_class, "print the accuracy of each class");
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  arguments->features.add_to(*command);
  command->callback([arguments] { run_evaluate(*arguments); });
}

}  // namespace qprompt::cli
