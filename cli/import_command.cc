#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/learn_arguments.h"
#include "cli/output.h"
#include "cli/quantizer_arguments.h"
#include "qprompt/artifact/packing.h"
#include "qprompt/artifact/reference_checkpoint.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/field_text.h"
#include "qprompt/data/class_names.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/train/prompt_quantizer.h"
#include "qprompt/train/settings.h"

namespace qprompt::cli {
namespace {

constexpr char kImportExamples[] = R"(Examples:
  qprompt import prompt_learner/model.pth.tar-50 --model M --method coop --output coop.qprompt
  qprompt import MultiModalPromptLearner/model.pth.tar-5 --model M --method maple --bits 4 \
      --output maple.qprompt
Reads what CoOp, CoCoOp, MaPLe, IVLP, VPT and PromptSRC save, or a safetensors file with their
names. Only what was learned is kept; nothing in the file is executed.)";

struct ImportArguments {
  ModelArguments model;
  QuantizerArguments quantizer;
  OverwriteArgument overwrite;
  std::string file, output, classes;
  Settings not_in_the_file;  // fields of the method that only a person knows
  MethodTag method = MethodTag::kCoOp;
};

// Words of which the learned tokens are a part are the method's own, or the flag's.
MethodConfig method_of(const ImportArguments& arguments, const ReferenceCheckpoint& file) {
  MethodConfig method = default_config(arguments.method);
  for (const auto& setting : arguments.not_in_the_file) {
    const bool known = std::visit(
        [&](auto& config) { return set_field(config, setting.first, setting.second); }, method);
    if (!known) fail_unknown_flags({setting.first}, enum_name(arguments.method));
  }
  MethodConfig fitted = file.fitted(method);
  const auto words = arguments.not_in_the_file.find("ctx_init");
  if (words == arguments.not_in_the_file.end()) return fitted;
  std::visit(
      [&]<typename Config>(const Config& config) {
        if constexpr (StartsFromWords<Config>) {
          require(config.ctx_init == words->second, "--ctx-init '", words->second, "' has ",
                  words_in(words->second), " words, ", arguments.file, " holds ", config.n_ctx,
                  " tokens");
        }
      },
      fitted);
  return fitted;
}

std::shared_ptr<const PromptLearner> learner_of(const ImportArguments& arguments,
                                                const MethodConfig& method, const Model& model) {
  try {
    return make_learner(method, model);
  } catch (const Error& error) {
    fail(arguments.file, ": ", error.what(), "; was it learned by ", enum_name(arguments.method),
         "?");
  }
}

// A class-specific prompt belongs to its class list; others need no list, and any will do.
ClassTokens classes_for(const ImportArguments& arguments, const Model& model,
                        const ReferenceCheckpoint& file, const PromptLearner& learner) {
  if (!arguments.classes.empty()) {
    const std::vector<std::string> names = read_class_names(arguments.classes);
    require(!learner.class_bound() || std::ssize(names) == file.shapes().at("ctx").front(),
            arguments.classes, ": ", names.size(), " class names, ", arguments.file,
            " holds contexts of ", file.shapes().at("ctx").front(), " classes");
    return tokenize_classes(model, names);
  }
  require(!learner.class_bound(), arguments.file,
          ": holds a context for each class; --classes names.txt says which, in their order");
  return any_classes(model);
}

void add_setting(CLI::App& command, ImportArguments& arguments, const std::string& field,
                 const std::string& help) {
  command.add_option_function<std::string>(
      flag_name(field),
      [&arguments, field](const std::string& text) { arguments.not_in_the_file[field] = text; },
      help);
}

// The names given may be those that will lie beside the prompt.
void require_writable(const ImportArguments& arguments) {
  const std::string names = class_names_path(arguments.output).string();
  std::error_code different;
  const bool are_given = std::filesystem::equivalent(names, arguments.classes, different);
  std::vector<std::string> inputs{arguments.file, arguments.model.model};
  if (!are_given) inputs.push_back(arguments.classes);
  arguments.overwrite.require_writable({arguments.output, are_given ? "" : names}, inputs);
}

void run_import(const ImportArguments& arguments) {
  require_writable(arguments);
  tell("importing {} as {}", arguments.file, enum_name(arguments.method));
  require(!learns_on_features(default_config(arguments.method)),
          "import: ", enum_name(arguments.method),
          " learns on features, and such checkpoints are not read: train learns it anew");
  const Model model = arguments.model.load();
  const ReferenceCheckpoint file(arguments.file);
  const MethodConfig method = method_of(arguments, file);
  const auto learner = learner_of(arguments, method, model);
  const ClassTokens classes = classes_for(arguments, model, file, *learner);
  const ParameterMap learned = file.read(learner->parameters(classes));
  naming(arguments.file, [&] { require_parameters(*learner, classes, learned); });
  const PromptQuantizer quantizer(*learner, classes, arguments.quantizer.settled());
  const PromptFile prompt = packed(model, method, classes, learned, quantizer.encode(learned));
  save_prompt(prompt, arguments.output,
              arguments.classes.empty() ? std::nullopt : std::optional(classes.names));
  print("{} ({} bytes, {} of them values)\n", arguments.output, to_bytes(prompt).size(),
        payload_size(prompt));
}

}  // namespace

void add_import_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("import", "make a prompt file of what the published code learned")
          ->footer(kImportExamples);
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("file", arguments->file, "checkpoint, such as model.pth.tar-50")
      ->required()
      ->type_name("FILE");
  arguments->model.add_to(*command);
  add_enum_option(*command, "--method", arguments->method, "which method learned it")->required();
  command->add_option("--output", arguments->output, "prompt file to write")
      ->required()
      ->type_name("P");
  add_setting(*command, *arguments, "ctx_init",
              "words that the context started from, where they are not the method's usual ones");
  add_setting(*command, *arguments, "class_token_position",
              "of coop: where the class name stood, end, middle or front [end]");
  add_setting(*command, *arguments, "text_template",
              "of vpt: sentence of a class [\"a photo of a {}.\"]");
  command
      ->add_option("--classes", arguments->classes,
                   "file with one class name a line, to be remembered beside the prompt")
      ->type_name("NAMES");
  arguments->quantizer.add_to(*command);
  arguments->overwrite.add_to(*command);
  show_first(*command, {"model", "method", "output", "bits", "classes", "force"});
  command->callback([arguments] { run_import(*arguments); });
}

}  // namespace qprompt::cli
