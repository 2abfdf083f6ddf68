#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/half.h"
#include "qprompt/core/hash.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/prompt/nearest_tokens.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kInspectExamples[] = R"(Examples:
  qprompt inspect run
  qprompt inspect run/prompt.qprompt --json -
  qprompt inspect run --model M --words 5
With --model: the vocabulary tokens whose embeddings have the smallest Euclidean distance to each
learned token of the text, as CoOp's interpret_prompt.py has it; a quantized prompt's as it is used.)";

// A codebook of up to 4 bits is printed; JSON has every codebook.
constexpr std::size_t kPrintedValues = 16;

struct InspectArguments {
  ModelArguments model;
  JsonArgument json;
  OverwriteArgument overwrite;
  std::string prompt;
  int words = 3;
};

Json codebook_of(const StoredMatrix& matrix) {
  Json values = Json::array();
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) {
    for (const std::uint16_t bits : encoded->codebook) values.push_back(half_value(bits));
  }
  return values;
}

std::string format_name(const StoredMatrix& matrix) {
  if (std::holds_alternative<EncodedMatrix>(matrix.content)) return "quantized";
  return bits_per_value(matrix) == 16 ? "fp16" : "fp32";
}

Json payload_report(const Payload& payload) {
  return {{"codes", payload.codes},
          {"codebooks", payload.codebooks},
          {"fp16", payload.fp16},
          {"fp32", payload.fp32}};
}

// "1774080 codes, 576 codebooks, 13824 fp16"
std::string payload_text(const Json& payload) {
  std::string text;
  for (const auto& [part, bytes] : payload.items()) {
    if (bytes == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", bytes.get<std::size_t>(), part);
  }
  return text;
}

Json matrix_report(const StoredMatrix& matrix) {
  Json json{{"name", matrix.name},
            {"rows", rows(matrix)},
            {"cols", cols(matrix)},
            {"format", format_name(matrix)},
            {"bits", bits_per_value(matrix)},
            {"payload_bytes", payload_size(matrix)},
            {"payload", payload_report(payload(matrix))}};
  if (Json codebook = codebook_of(matrix); !codebook.empty()) json["codebook"] = codebook;
  return json;
}

// An adapted model of a file.
Json part_report(const PromptFile& part) {
  Json report{{"method", enum_name(method_tag(part.method))},
              {"settings", settings_as_json(part.method)},
              {"temperature", part.temperature},
              {"class_bound", !takes_new_classes(part.method)}};
  for (const SeenClass& of_class : part.seen) {
    report["seen_classes"].push_back({{"name", of_class.name}, {"images", of_class.images}});
  }
  for (const StoredMatrix& matrix : part.matrices) {
    report["matrices"].push_back(matrix_report(matrix));
  }
  return report;
}

Json report_of(const PromptFile& prompt, const std::filesystem::path& path) {
  Json report{{"command", "inspect"},
              {"version", QPROMPT_VERSION},
              {"prompt", path.string()},
              {"file_bytes", std::filesystem::file_size(path)},
              {"payload_bytes", payload_size(prompt)},
              {"payload", payload_report(payload(prompt))},
              {"backbone", hex64(prompt.backbone)},
              {"identity", prompt.identity == 0 ? Json() : Json(hex64(prompt.identity))},
              {"exif", prompt.exif ? Json(*prompt.exif) : Json()}};
  report.update(part_report(prompt));
  if (const auto names = remembered_classes(path)) report["class_names"] = *names;
  for (const PromptFile& partner : prompt.partners) {
    report["partners"].push_back(part_report(partner));
  }
  return report;
}

Json as_json(const std::vector<NearToken>& tokens) {
  Json json = Json::array();
  for (const NearToken& token : tokens) {
    json.push_back({{"token", token.text}, {"id", token.id}, {"distance", token.distance}});
  }
  return json;
}

constexpr char kNoTokens[] = "no words: these rows stand where no token's embedding ever does";
constexpr char kMoved[] = "every image moves these vectors; the words are those before it does";

// Of each learned row that stands for a token; of other prompts, why there are none.
void add_nearest_tokens(const InspectArguments& arguments, const PromptFile& prompt, Json& report) {
  const Model model = arguments.model.load();
  require_same_backbone(prompt, model);
  const ParameterMap learned = values(prompt);
  const auto learner = make_learner(prompt.method, model, prompt.seen);
  for (const ParameterSpec& spec : learner->parameters(any_classes(model))) {
    const auto found = learned.find(spec.name);
    if (spec.kind != ParameterKind::kContext || found == learned.end()) continue;
    if (!spec.stands_for_tokens) {
      report["words_notes"][spec.name] = kNoTokens;
      continue;
    }
    if (learner->image_conditioned()) report["words_notes"][spec.name] = kMoved;
    for (const auto& tokens : nearest_tokens(model, found->second, arguments.words)) {
      report["nearest_tokens"][spec.name].push_back(as_json(tokens));
    }
  }
}

void show_method(const Json& part) {
  print("{:<12} {}\n", "method", part["method"].get<std::string>());
  for (const auto& [field, value] : part["settings"].items()) {
    print("  {} = {}\n", field, json_line(value));
  }
  if (const double temperature = part["temperature"]; temperature != 1) {
    print("{:<12} {:.6g}\n", "temperature", temperature);
  }
  print("{:<12} {}\n", "class list",
        part["class_bound"].get<bool>() ? "its own only (class-bound)" : "any");
  if (part.contains("seen_classes")) {
    print("{:<12} {} remembered in it\n", "class names", part["seen_classes"].size());
  }
}

void show_settings(const Json& report) {
  print("{:<12} {} ({} bytes)\n", "prompt", report["prompt"].get<std::string>(),
        report["file_bytes"].get<std::size_t>());
  print("{:<12} {}\n", "backbone", report["backbone"].get<std::string>());
  show_method(report);
  if (report.contains("class_names")) {
    print("{:<12} {} remembered beside it\n", "class names", report["class_names"].size());
  }
}

void show_matrices(const Json& part) {
  for (const Json& matrix : part["matrices"]) {
    print("{:<12} {}: {} x {}, {} ({} bits a value), {} bytes ({})\n", "matrix",
          matrix["name"].get<std::string>(), matrix["rows"].get<Index>(),
          matrix["cols"].get<Index>(), matrix["format"].get<std::string>(),
          matrix["bits"].get<int>(), matrix["payload_bytes"].get<std::size_t>(),
          payload_text(matrix["payload"]));
    if (!matrix.contains("codebook") || matrix["codebook"].size() > kPrintedValues) continue;
    print("  codebook");
    for (const Json& value : matrix["codebook"]) print(" {:.6g}", value.get<double>());
    print("\n");
  }
}

// The adapted models whose probabilities are averaged with the first's.
void show_partners(const Json& report) {
  if (!report.contains("partners")) return;
  for (const Json& partner : report["partners"]) {
    print("averaged with\n");
    show_method(partner);
    show_matrices(partner);
  }
}

void show_payload(const Json& report) {
  print("{:<12} {} bytes ({})\n", "payload", report["payload_bytes"].get<std::size_t>(),
        payload_text(report["payload"]));
}

// "ctx[2]", of a context for each class "ctx[cat, 2]".
std::string row_name(const Json& report, const std::string& matrix, std::size_t row,
                     std::size_t rows) {
  const std::size_t classes = report.contains("class_names") ? report["class_names"].size() : 0;
  const bool of_classes = report["class_bound"].get<bool>() && classes > 0 && rows % classes == 0;
  if (!of_classes) return fmt::format("{}[{}]", matrix, row);
  const std::size_t context = rows / classes;
  return fmt::format("{}[{}, {}]", matrix, report["class_names"][row / context].get<std::string>(),
                     row % context);
}

void show_nearest_tokens(const Json& report) {
  if (!report.contains("nearest_tokens")) return;
  print("nearest tokens, with Euclidean distances\n");
  for (const auto& [name, vectors] : report["nearest_tokens"].items()) {
    for (std::size_t v = 0; v < vectors.size(); ++v) {
      print("{}:", row_name(report, name, v, vectors.size()));
      for (const Json& token : vectors[v]) {
        print("  {} {:.4f}", json_line(token["token"]), token["distance"].get<double>());
      }
      print("\n");
    }
  }
}

void show_words_notes(const Json& report) {
  if (!report.contains("words_notes")) return;
  for (const auto& [name, note] : report["words_notes"].items()) {
    print("{}: {}\n", name, note.get<std::string>());
  }
}

void run_inspect(const InspectArguments& arguments) {
  const std::filesystem::path path = prompt_path(arguments.prompt);
  arguments.overwrite.require_writable(
      {arguments.json.path},
      joined({inputs_of_prompt(arguments.prompt), arguments.model.inputs()}));
  const PromptFile prompt = load_prompt_file(path);
  Json report = report_of(prompt, path);
  if (!arguments.model.model.empty()) {
    naming(path.string(), [&] { add_nearest_tokens(arguments, prompt, report); });
  }
  arguments.json.write([&] { return report; });
  if (arguments.json.to_stdout()) return;
  show_settings(report);
  show_matrices(report);
  show_partners(report);
  show_payload(report);
  show_nearest_tokens(report);
  show_words_notes(report);
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("inspect", "show what a prompt file holds")->footer(kInspectExamples);
  auto arguments = std::make_shared<InspectArguments>();
  command->add_option("prompt", arguments->prompt, "prompt file or run folder")
      ->required()
      ->type_name("P");
  CLI::Option* model = arguments->model.add_to(*command)->required(false);
  command
      ->add_option("--words,--nearest", arguments->words,
                   "how many tokens are listed for each learned one")
      ->needs(model)
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_inspect(*arguments); });
}

}  // namespace qprompt::cli
