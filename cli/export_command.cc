#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/output.h"
#include "qprompt/artifact/export.h"
#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

constexpr char kExportExamples[] = R"(Examples:
  qprompt export run --values learned.safetensors
  qprompt export run --model M --class-matrix classes.npy
  qprompt export run --model M --classes other_names.txt --class-matrix classes.safetensors)";

struct ExportArguments {
  ModelArguments model;
  OverwriteArgument overwrite;
  std::string prompt, values, class_matrix, classes;
};

void require_consistent(const ExportArguments& arguments) {
  if (arguments.values.empty() && arguments.class_matrix.empty()) {
    throw CLI::ValidationError("--values FILE or --class-matrix FILE is required");
  }
  if (!arguments.class_matrix.empty() && arguments.model.model.empty()) {
    throw CLI::ValidationError("--class-matrix needs --model");
  }
}

// Elsewhere only the order of the classes would be the same.
void tell_temperature(double temperature, const std::string& path) {
  if (temperature == 1) return;
  tell("notice: {} does not hold the prompt's temperature {:.6g}, by which logits are divided",
       path, temperature);
}

// How many classes a class-bound prompt was learned with; 0 for others.
Index bound_classes(const PromptFile& prompt) {
  const auto* coop = std::get_if<CoOpConfig>(&prompt.method);
  if (coop == nullptr || !coop->class_specific) return 0;
  const ParameterMap learned = values(prompt);
  const auto ctx = learned.find("ctx");
  require(ctx != learned.end() && coop->n_ctx >= 1, "a prompt of CoOp with ", learned.size(),
          " matrices and n_ctx ", coop->n_ctx, ", expected 'ctx' and at least 1");
  return ctx->second.rows() / coop->n_ctx;
}

void run_export(const ExportArguments& arguments) {
  require_consistent(arguments);
  const std::filesystem::path path = prompt_path(arguments.prompt);
  arguments.overwrite.require_writable(
      {arguments.values, arguments.class_matrix},
      joined({inputs_of_prompt(arguments.prompt), arguments.model.inputs(), {arguments.classes}}));
  tell("exporting {}", path.string());
  const PromptFile prompt = load_prompt_file(path);
  if (!arguments.class_matrix.empty()) {
    const std::vector<std::string> names = class_names_for(path, arguments.classes);
    const Model model = arguments.model.load();
    const AdaptedModel adapted =
        naming(path.string(), [&] { return AdaptedModel(model, prompt, names); });
    const Matrix& matrix =
        naming(path.string(), [&]() -> const Matrix& { return adapted.class_matrix(); });
    export_class_matrix(matrix, names, arguments.class_matrix);
    tell_temperature(prompt.temperature, arguments.class_matrix);
    print("{}: {} classes x {}\n", arguments.class_matrix, matrix.rows(), matrix.cols());
  }
  if (!arguments.values.empty()) {
    require(prompt.partners.empty(), path.string(), ": the mean of ", prompt.partners.size() + 1,
            " models' probabilities, and the published code holds one");
    const Index classes = naming(path.string(), [&] { return bound_classes(prompt); });
    export_learned_values(values(prompt), classes, arguments.values);
    tell_temperature(prompt.temperature, arguments.values);
    print("{}: {} matrices\n", arguments.values, prompt.matrices.size());
  }
}

}  // namespace

void add_export_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "write a prompt's values for other programs")
                          ->footer(kExportExamples);
  auto arguments = std::make_shared<ExportArguments>();
  command->add_option("prompt", arguments->prompt, "prompt file or run folder")
      ->required()
      ->type_name("P");
  arguments->model.add_to(*command)->required(false);
  command
      ->add_option("--values", arguments->values,
                   "safetensors of what was learned, under the published code's names")
      ->type_name("FILE");
  command
      ->add_option("--class-matrix", arguments->class_matrix,
                   "unit text features of the classes: .npy or .safetensors")
      ->type_name("FILE");
  command
      ->add_option("--classes", arguments->classes,
                   "file with one class name a line; default: those that train remembered")
      ->type_name("NAMES");
  arguments->overwrite.add_to(*command);
  show_first(*command, {"model", "values", "class-matrix", "classes", "force"});
  command->callback([arguments] { run_export(*arguments); });
}

}  // namespace qprompt::cli
