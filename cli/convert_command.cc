#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evaluate_report.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/quantizer_arguments.h"
#include "qprompt/artifact/fold.h"
#include "qprompt/artifact/packing.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/train/prompt_quantizer.h"

namespace qprompt::cli {
namespace {

constexpr char kConvertExamples[] = R"(Examples:
  qprompt convert run --model M --fold --bits 4 --output folded.qprompt
  qprompt convert run --model M --fold --bits 4 --output folded.qprompt --data photos
  qprompt convert run --model M --bits ctx=1,projection=4 --output small.qprompt
--fold replaces MaPLe's projections by the tokens they produce. Without --bits a quantized prompt
keeps as many as its widest matrix has. A temperature stays as it was fitted. With --data: the
accuracy before and after on the test images.)";

struct ConvertArguments {
  ModelArguments model;
  QuantizerArguments quantizer;
  DataArguments data;
  FeatureArguments features;
  JsonArgument json;
  OverwriteArgument overwrite;
  std::string prompt, output;
  std::string classes;
  std::optional<std::uint64_t> seed;
  bool fold = false;
};

struct Source {
  std::filesystem::path path;
  PromptFile prompt;
  std::optional<std::vector<std::string>> class_names;  // remembered beside it
};

int widest(const PromptFile& prompt) {
  int bits = 0;
  for (const PromptFile& partner : prompt.partners) bits = std::max(bits, widest(partner));
  for (const StoredMatrix& matrix : prompt.matrices) {
    if (std::holds_alternative<EncodedMatrix>(matrix.content)) {
      bits = std::max(bits, bits_per_value(matrix));
    }
  }
  return bits;
}

// Without --bits a quantized prompt keeps as many as its widest matrix has.
QuantizerConfig quantizer_of(const ConvertArguments& arguments, const PromptFile& prompt) {
  QuantizerArguments quantizer = arguments.quantizer;
  if (quantizer.bits.empty() && widest(prompt) > 0) quantizer.bits = std::to_string(widest(prompt));
  return quantizer.settled();
}

// One of the adapted models of a file.
PromptFile converted(const ConvertArguments& arguments, const Model& model, const Source& source,
                     const PromptFile& part) {
  MethodConfig method = part.method;
  ParameterMap learned = values(part);
  if (arguments.fold) {
    const auto* maple = std::get_if<MaPLeConfig>(&method);
    require(maple != nullptr, source.path.string(), ": --fold is for maple, this is ",
            enum_name(method_tag(method)));
    FoldedPrompt without = folded(model, *maple, learned);
    learned = std::move(without.values);
    method = without.method;
  }
  require(part.class_list == 0 || source.class_names.has_value(), source.path.string(),
          ": bound to its classes, whose names are not beside it");
  const ClassTokens classes =
      source.class_names ? tokenize_classes(model, *source.class_names) : any_classes(model);
  const SeenClasses& seen = part.seen;
  const PromptQuantizer quantizer(*make_learner(method, model, seen), classes,
                                  quantizer_of(arguments, source.prompt));
  PromptFile result = packed(model, method, classes, learned, quantizer.encode(learned), seen);
  result.exif = source.prompt.exif;
  result.temperature = part.temperature;
  return result;
}

PromptFile converted(const ConvertArguments& arguments, const Model& model, const Source& source) {
  PromptFile result = converted(arguments, model, source, source.prompt);
  for (const PromptFile& partner : source.prompt.partners) {
    result.partners.push_back(converted(arguments, model, source, partner));
  }
  return result;
}

struct Comparison {
  Metrics before, after;
  DataDescription data;
};

std::optional<Comparison> compare(const ConvertArguments& arguments, const Model& model,
                                  const Source& source, const PromptFile& after) {
  if (arguments.data.data.empty()) return std::nullopt;
  const TestSet set = arguments.data.test_set(source.path.string(), arguments.classes,
                                              arguments.seed, source.prompt.exif);
  const Dataset& chosen = set.chosen;
  TestImages images(model, chosen.test, arguments.features.options("test images"));
  const auto measured = [&](const PromptFile& prompt) {
    return images.evaluate(AdaptedModel(model, prompt, chosen.class_names)).metrics;
  };
  Comparison result{measured(source.prompt), measured(after), arguments.data.description(set.data)};
  tell_skipped(images.skipped());
  require(result.after.images > 0, arguments.data.data, ": no test image that can be read");
  return result;
}

nlohmann::ordered_json report_of(const ConvertArguments& arguments, const Model& model,
                                 const Source& source, const PromptFile& after,
                                 const std::optional<Comparison>& result) {
  nlohmann::ordered_json report = record_header("convert", model);
  report["prompt"] = source.path.string();
  report["output"] = arguments.output;
  report["folded"] = arguments.fold;
  report["payload_bytes"] = {{"before", payload_size(source.prompt)},
                             {"after", payload_size(after)}};
  if (result) {
    report["data"] = as_json(result->data);
    report["images"] = result->after.images;
    report["accuracy"] = {{"before", result->before.accuracy()},
                          {"after", result->after.accuracy()}};
  }
  return report;
}

void show(const ConvertArguments& arguments, const Source& source, const PromptFile& after,
          const std::optional<Comparison>& result) {
  print("{}: payload {} bytes, from {}\n", arguments.output, payload_size(after),
        payload_size(source.prompt));
  if (!result) return;
  print("accuracy {} before, {} after, on {} test images\n",
        accuracy_text(result->before.correct, result->before.images),
        accuracy_text(result->after.correct, result->after.images), result->after.images);
}

void run_convert(const ConvertArguments& arguments) {
  if (!arguments.fold && arguments.quantizer.bits.empty()) {
    throw CLI::ValidationError("--bits or --fold is required");
  }
  const std::filesystem::path path = prompt_path(arguments.prompt);
  arguments.overwrite.require_writable(
      {arguments.output, class_names_path(arguments.output).string(), arguments.json.path},
      joined({inputs_of_prompt(arguments.prompt),
              arguments.model.inputs(),
              arguments.data.inputs(),
              {arguments.classes}}));
  tell("converting {}{}{}", path.string(), arguments.fold ? ", folding" : "",
       arguments.quantizer.bits.empty() ? "" : ", bits " + arguments.quantizer.bits);
  const Source source{path, load_prompt_file(path), remembered_classes(path)};
  const Model model = arguments.model.load();
  require_same_backbone(source.prompt, model);
  const PromptFile prompt =
      naming(path.string(), [&] { return converted(arguments, model, source); });
  if (!arguments.fold && payload_size(prompt) > payload_size(source.prompt)) {
    tell("notice: more bits than the prompt was learned with only make it larger");
  }
  const std::optional<Comparison> result = compare(arguments, model, source, prompt);
  save_prompt(prompt, arguments.output, source.class_names);
  arguments.json.write([&] { return report_of(arguments, model, source, prompt, result); });
  if (!arguments.json.to_stdout()) show(arguments, source, prompt, result);
}

}  // namespace

void add_convert_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("convert", "quantize a prompt again, or fold MaPLe's projections away")
          ->footer(kConvertExamples);
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
  CLI::Option* data = arguments->data.add_to(*command)->required(false);
  command->get_option("--split")->needs(data);
  command
      ->add_option("--classes", arguments->classes,
                   "compared is among all, base or new classes of the data, or those in a file")
      ->type_name("all|base|new|NAMES")
      ->needs(data);
  add_division_seed(*command, arguments->seed)->needs(data);
  arguments->features.add_to(*command);
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  show_first(*command, {"model", "output", "bits", "fold", "data", "json", "force"});
  command->callback([arguments] { run_convert(*arguments); });
}

}  // namespace qprompt::cli
