#include "cli/arguments.h"

#include "cli/fields.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt::cli {

CLI::Option* ModelArguments::add_to(CLI::App& app) {
  CLI::Option* required =
      app.add_option("--model", model,
                     "CLIP checkpoint: a Hugging Face or open_clip folder, a .pt file, or a Hub "
                     "name in the local cache")
          ->required()
          ->type_name("M");
  app.add_option("--tokenizer", tokenizer,
                 "vocabulary, where it is not beside the model: vocab.json + merges.txt, "
                 "tokenizer.json or bpe_simple_vocab_16e6.txt.gz")
      ->type_name("PATH");
  app.add_option("--threads", device.threads, "threads; 0: the cores this process may use")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  add_enum_option(app, "--precision", device.precision, "number format of the towers");
  return required;
}

Model ModelArguments::load() const {
  ModelOptions options{device, std::nullopt};
  if (!tokenizer.empty()) options.tokenizer = tokenizer;
  return Model::load(model, options);
}

void FeatureArguments::add_to(CLI::App& app) {
  app.add_option("--cache", cache, "keep image features in this folder")->type_name("DIR");
  app.add_flag("--skip-bad-images", skip_bad_images, "count damaged images instead of stopping");
}

FeatureOptions FeatureArguments::options(const std::string& label) const {
  FeatureOptions options;
  if (!cache.empty()) options.cache = cache;
  options.skip_bad_images = skip_bad_images;
  options.stop = interrupted;
  auto progress = std::make_shared<Progress>(label, "images");
  options.progress = [progress](const FeatureProgress& now) {
    progress->update(now.done, now.total);
  };
  return options;
}

CLI::Option* DataArguments::add_to(CLI::App& app) {
  CLI::Option* required =
      app.add_option("--data", data,
                     "folder of class folders, image root of a split, or a CSV file")
          ->required()
          ->type_name("D");
  app.add_option("--split", split, "CoOp split JSON, or CSV path,label[,subset]")->type_name("F");
  return required;
}

CLI::Option* add_division_seed(CLI::App& app, std::optional<std::uint64_t>& seed) {
  return app.add_option("--seed", seed,
                        "of the 50/20/30 division of a plain folder; default: that of the run, or "
                        "1");
}

Dataset DataArguments::load(std::uint64_t seed) const {
  std::optional<std::filesystem::path> split_path;
  if (!split.empty()) split_path = split;
  return load_dataset(data, split_path, seed);
}

nlohmann::ordered_json report_header(const std::string& command, const Model& model) {
  const kernels::DeviceInfo info = model.device().info();
  return {{"command", command},
          {"version", QPROMPT_VERSION},
          {"model",
           {{"path", model.checkpoint().path().string()},
            {"layout", model.checkpoint().layout()},
            {"fingerprint", hex64(model.fingerprint())}}},
          {"machine",
           {{"library", info.library},
            {"instruction_set", info.instruction_set},
            {"threads", info.threads},
            {"precision", enum_name(info.format)}}}};
}

nlohmann::ordered_json learn_config_as_json(const LearnConfig& config) {
  nlohmann::ordered_json json = fields_as_json(config);
  json["method"] = enum_name(method_tag(config.method));
  json.update(std::visit([](const auto& method) { return fields_as_json(method); }, config.method));
  return json;
}

std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const std::string& name : read_lines(path)) {
    if (name.find_first_not_of(" \t") == std::string::npos) continue;
    require(seen.insert(name).second, path.string(), ": the class '", name, "' comes twice");
    names.push_back(name);
  }
  require(names.size() >= 2, path.string(), ": ", names.size(),
          " class names, expected at least two, one a line");
  return names;
}

}  // namespace qprompt::cli
