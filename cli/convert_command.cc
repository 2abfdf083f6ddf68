#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/quantizer_arguments.h"
#include "cli/run_folder.h"
#include "qprompt/artifact/fold.h"
#include "qprompt/artifact/packing.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/serve/class_matrix.h"
#include "qprompt/serve/deployment.h"

namespace qprompt::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  qprompt convert run --model M --fold --bits 4 --output folded.qprompt
  qprompt convert run --model M --fold --bits 4 --output folded.qprompt --data photos
  qprompt convert run --model M --bits ctx=1,projection=4 --output small.qprompt
--fold replaces MaPLe's projections by the tokens they produce. With --data: the accuracy before and
after on the test images.)";

struct ConvertArguments {
  ModelArguments model;
  QuantizerArguments quantizer;
  FeatureArguments features;
  std::string prompt, output, data, split;
  ClassSubset classes = ClassSubset::kAll;
  bool fold = false;
};

struct Source {
  std::filesystem::path path;
  PromptFile prompt;
  std::optional<std::vector<std::string>> class_names;  // remembered beside it
};

PromptFile converted(const ConvertArguments& arguments, const Model& model, const Source& source) {
  MethodConfig method = source.prompt.method;
  ParameterMap learned = values(source.prompt);
  if (arguments.fold) {
    const auto* maple = std::get_if<MaPLeConfig>(&method);
    require(maple != nullptr, source.path.string(), ": --fold is for maple, this is ",
            enum_name(method_tag(method)));
    FoldedPrompt without = folded(model, *maple, learned);
    learned = std::move(without.values);
    method = without.method;
  }
  require(source.prompt.class_list == 0 || source.class_names.has_value(), source.path.string(),
          ": bound to its classes, whose names are not beside it");
  const ClassTokens classes =
      source.class_names ? tokenize_classes(model, *source.class_names) : any_classes(model);
  const auto learner = make_learner(method, model);
  return packed(model, method, classes, learned,
                quantizer_for(*learner, classes, arguments.quantizer.settled()));
}

void show_accuracy(const ConvertArguments& arguments, const Model& model, const PromptFile& before,
                   const PromptFile& after) {
  std::optional<std::filesystem::path> split;
  if (!arguments.split.empty()) split = arguments.split;
  const Dataset chosen =
      subsample_classes(load_dataset(arguments.data, split, 1), arguments.classes);
  require(!chosen.test.empty(), arguments.data, ": no test images");
  TestImages images(model, chosen.test, arguments.features.options("test images"));
  const auto percent = [&](const PromptFile& prompt) {
    return 100 * images.evaluate(deploy(model, prompt, chosen.class_names)).accuracy();
  };
  const double accuracy_before = percent(before), accuracy_after = percent(after);
  fmt::print("accuracy {:.2f} % before, {:.2f} % after, on {} test images\n", accuracy_before,
             accuracy_after, chosen.test.size());
}

void run_convert(const ConvertArguments& arguments) {
  const std::filesystem::path path = prompt_path(arguments.prompt);
  const Source source{path, load_prompt_file(path), remembered_classes(path)};
  const Model model = arguments.model.load();
  require_same_backbone(source.prompt, model);
  const PromptFile prompt = converted(arguments, model, source);
  save_prompt_file(prompt, arguments.output);
  if (source.class_names) {
    write_file(classes_path(arguments.output), names_text(*source.class_names));
  }
  fmt::print("{}: payload {} bytes, from {}\n", arguments.output, payload_size(prompt),
             payload_size(source.prompt));
  if (!arguments.data.empty()) show_accuracy(arguments, model, source.prompt, prompt);
}

}  // namespace

void add_convert_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("convert", "quantize a prompt again, or fold MaPLe's projections away")
          ->footer(kExamples);
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("prompt", arguments->prompt, "prompt file or run folder")
      ->required()
      ->type_name("P");
  arguments->model.add_to(*command);
  command->add_option("--output", arguments->output, "prompt file to write")
      ->required()
      ->type_name("Q");
  command->add_flag("--fold", arguments->fold, "replace projections by the tokens they produce");
  arguments->quantizer.add_to(*command);
  command->add_option("--data", arguments->data, "compare on these test images")->type_name("D");
  command->add_option("--split", arguments->split, "CoOp split JSON, or CSV")->type_name("F");
  add_enum_option(*command, "--classes", arguments->classes, "which classes are compared on");
  arguments->features.add_to(*command);
  command->callback([arguments] { run_convert(*arguments); });
}

}  // namespace qprompt::cli
