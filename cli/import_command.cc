#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "cli/quantizer_arguments.h"
#include "cli/run_folder.h"
#include "qprompt/artifact/packing.h"
#include "qprompt/artifact/reference_checkpoint.h"
#include "qprompt/core/error.h"
#include "qprompt/core/field_text.h"
#include "qprompt/core/file.h"

namespace qprompt::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  qprompt import prompt_learner/model.pth.tar-50 --model M --method coop --output coop.qprompt
  qprompt import MultiModalPromptLearner/model.pth.tar-5 --model M --method maple --bits 4 \
      --output maple.qprompt
Reads what CoOp, CoCoOp, MaPLe, IVLP, VPT and PromptSRC save, or a safetensors file with their
names. Only what was learned is kept; nothing in the file is executed.)";

struct ImportArguments {
  ModelArguments model;
  QuantizerArguments quantizer;
  std::string file, output, classes;
  std::string ctx_init;
  bool ctx_init_given = false;
  MethodTag method = MethodTag::kCoOp;
};

// Words of which the learned tokens are a part are not in the file: the method's own, or the
// flag's.
MethodConfig method_of(const ImportArguments& arguments, const ReferenceCheckpoint& file) {
  MethodConfig method = default_config(arguments.method);
  if (arguments.ctx_init_given) {
    const bool known = std::visit(
        [&](auto& config) { return set_field(config, "ctx_init", arguments.ctx_init); }, method);
    require(known, "--ctx-init: not a setting of ", enum_name(arguments.method));
  }
  return file.fitted(method);
}

// A class-specific prompt belongs to its class list; others need no list, and any will do.
ClassTokens classes_for(const ImportArguments& arguments, const Model& model,
                        const PromptLearner& learner) {
  if (!arguments.classes.empty()) {
    return tokenize_classes(model, read_class_names(arguments.classes));
  }
  require(!learner.class_bound(), arguments.file,
          ": holds a context for each class; --classes names.txt says which, in their order");
  return any_classes(model);
}

void run_import(const ImportArguments& arguments) {
  const Model model = arguments.model.load();
  const ReferenceCheckpoint file(arguments.file);
  const MethodConfig method = method_of(arguments, file);
  const auto learner = make_learner(method, model);
  const ClassTokens classes = classes_for(arguments, model, *learner);
  const PromptFile prompt = packed(model, method, classes, file.read(learner->parameters(classes)),
                                   quantizer_for(*learner, classes, arguments.quantizer.settled()));
  save_prompt_file(prompt, arguments.output);
  if (!arguments.classes.empty()) {
    write_file(classes_path(arguments.output), names_text(classes.names));
  }
  fmt::print("{} ({} bytes, {} of them values)\n", arguments.output, to_bytes(prompt).size(),
             payload_size(prompt));
}

}  // namespace

void add_import_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("import", "make a prompt file of what the published code learned")
          ->footer(kExamples);
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("file", arguments->file, "checkpoint, such as model.pth.tar-50")
      ->required()
      ->type_name("FILE");
  arguments->model.add_to(*command);
  add_enum_option(*command, "--method", arguments->method, "which method learned it")->required();
  command->add_option("--output", arguments->output, "prompt file to write")
      ->required()
      ->type_name("P");
  CLI::Option* words = command->add_option("--ctx-init", arguments->ctx_init,
                                           "words that the context started from, where they "
                                           "are not the method's usual ones");
  command
      ->add_option("--classes", arguments->classes,
                   "file with one class name a line, to be remembered beside the prompt")
      ->type_name("NAMES");
  arguments->quantizer.add_to(*command);
  command->callback([arguments, words] {
    arguments->ctx_init_given = words->count() > 0;
    run_import(*arguments);
  });
}

}  // namespace qprompt::cli
