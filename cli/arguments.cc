#include "cli/arguments.h"

#include <sstream>

#include "cli/console.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/notices.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

Heads parse_heads(const std::string& text) {
  Heads heads;
  std::istringstream in(text);
  char comma = 0, more = 0;
  const bool pair = in >> heads.text >> comma >> heads.image && comma == ',' && !(in >> more);
  require(pair && heads.text > 0 && heads.image > 0, "--heads '", text,
          "', expected two numbers, of the text and the image tower: 8,12");
  return heads;
}

// What a weights file without a configuration does not say.
void add_checkpoint_options(CLI::App& app, CheckpointOptions& options) {
  app.add_option_function<std::string>(
         "--activation",
         [&options](const std::string& name) {
           options.activation = enum_from_name<Activation>(name);
         },
         "of both towers, where no configuration lies beside the weights")
      ->check(CLI::IsMember({"quick_gelu", "gelu"}))
      ->type_name("quick_gelu|gelu");
  app.add_option_function<std::string>(
         "--heads", [&options](const std::string& text) { options.heads = parse_heads(text); },
         "attention heads of the text and the image tower, likewise: 8,12")
      ->type_name("TEXT,IMAGE");
}

}  // namespace

CLI::Option* ModelArguments::add_to(CLI::App& app) {
  start_group(app, "Model and machine");
  CLI::Option* required =
      app.add_option("--model", model,
                     "CLIP checkpoint: a Hugging Face or open_clip folder, a .pt file, or a Hub "
                     "name in the local cache")
          ->required()
          ->type_name("M");
  add_machine_options(app);
  return required;
}

void ModelArguments::add_machine_options(CLI::App& app) {
  start_group(app, "Model and machine");
  app.add_option("--tokenizer", tokenizer,
                 "vocabulary, where it is not beside the model: vocab.json + merges.txt, "
                 "tokenizer.json or bpe_simple_vocab_16e6.txt.gz")
      ->type_name("PATH");
  add_checkpoint_options(app, checkpoint);
  app.add_option("--threads", device.threads, "threads; 0: the cores this process may use")
      ->capture_default_str()
      ->check(CLI::Range(0, kernels::kMostThreads));
  add_enum_option(app, "--precision", device.precision,
                  "number format of the towers; int8: of the frozen image tower");
  start_group(app, kFirstGroup);
}

Model ModelArguments::load(TowerUse use) const {
  ModelOptions options;
  options.device = device;
  options.ranks = ranks;
  options.tower_use = use;
  options.checkpoint = checkpoint;
  if (!tokenizer.empty()) options.tokenizer = tokenizer;
  Model loaded = Model::load(model, options);
  tell_assumptions(loaded.assumptions());
  return loaded;
}

void FeatureArguments::add_to(CLI::App& app) {
  start_group(app, "Features");
  CLI::Option* folder =
      app.add_option("--cache", cache,
                     "keep features in this folder; default: the user's cache (qprompt cache)")
          ->type_name("DIR");
  app.add_flag("--no-cache", no_cache, "keep no features")->excludes(folder);
  app.add_option("--cache-limit", cache_limit_gib, "GiB that the cache may take")
      ->check(CLI::Range(0.001, 65536.0))
      ->type_name("GIB")
      ->capture_default_str();
  app.add_flag("--skip-bad-images", skip_bad_images, "count damaged images instead of stopping");
  start_group(app, kFirstGroup);
}

std::shared_ptr<FeatureStore> FeatureArguments::store() const {
  if (!store_) store_ = opened();
  return *store_;
}

std::shared_ptr<FeatureStore> FeatureArguments::opened() const {
  const auto users = user_cache_folder();
  if (no_cache || (cache.empty() && !users)) return nullptr;
  try {
    return FeatureStore::open(cache.empty() ? *users : std::filesystem::path(cache),
                              static_cast<std::size_t>(cache_limit_gib * 0x1p30));
  } catch (const Error& error) {
    tell("going on without the feature cache: {}", error.what());
    return nullptr;
  }
}

FeatureOptions FeatureArguments::options(const std::string& label, const std::string& unit) const {
  FeatureOptions options;
  options.cache = store();
  options.skip_bad_images = skip_bad_images;
  options.stop = interrupted;
  options.notice = [](const std::string& notice) { tell("{}", notice); };
  auto progress = std::make_shared<Progress>(label, unit);
  options.progress = [progress](const FeatureProgress& now) {
    progress->update(now.done, now.total);
  };
  return options;
}

CLI::Option* DataArguments::add_to(CLI::App& app) {
  start_group(app, "Data");
  CLI::Option* required =
      app.add_option("--data", data,
                     "folder of class folders, image root of a split, a table of images, or a "
                     "known data set's name (qprompt data list)")
          ->required()
          ->type_name("D");
  add_root_to(app);
  add_lists_to(app);
  exif.add_to(app);
  start_group(app, kFirstGroup);
  return required;
}

void DataArguments::add_root_to(CLI::App& app) {
  app.add_option("--data-root", data_root, "folder that the data sets known by name lie in")
      ->envname("QPROMPT_DATA_ROOT")
      ->type_name("ROOT");
}

void DataArguments::add_lists_to(CLI::App& app) {
  app.add_option("--split", split, "CoOp split JSON, or a table path,label[,split]")
      ->type_name("F");
  app.add_option("--class-names", class_names,
                 "names of class folders: \"FOLDER NAME\" a line, or JSON")
      ->type_name("NAMES");
}

std::string DataArguments::place() const { return place_of_data(data, options()).string(); }

void ExifArgument::add_to(CLI::App& app) {
  app.add_option_function<std::string>(
         "--exif",
         [this](const std::string& text) {
           orientation = text == "on" ? Orientation::kUpright : Orientation::kAsStored;
         },
         "turn pictures as the camera says; default: one's own pictures, not published data sets")
      ->check(CLI::IsMember({"on", "off"}))
      ->type_name("on|off");
}

CLI::Option* add_division_seed(CLI::App& app, std::optional<std::uint64_t>& seed) {
  return app.add_option("--seed", seed,
                        "of the 50/20/30 division of a plain folder; default: that of the run, or "
                        "1");
}

std::vector<std::string> inputs_of_prompt(const std::string& prompt) {
  if (prompt.empty()) return {};
  const std::filesystem::path path = prompt_path(prompt);
  return {path.string(), class_names_path(path).string(),
          (path.parent_path() / kReportName).string()};
}

std::vector<std::string> joined(std::initializer_list<std::vector<std::string>> lists) {
  std::vector<std::string> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::optional<bool> ExifArgument::as_flag() const {
  if (!orientation) return std::nullopt;
  return *orientation == Orientation::kUpright;
}

std::optional<Orientation> orientation_of(std::optional<bool> exif) {
  if (!exif) return std::nullopt;
  return *exif ? Orientation::kUpright : Orientation::kAsStored;
}

DataOptions DataArguments::options() const {
  DataOptions options{.orientation = exif.orientation};
  if (!data_root.empty()) options.data_root = data_root;
  if (!split.empty()) options.split = split;
  if (!class_names.empty()) options.class_names = class_names;
  return options;
}

Dataset DataArguments::load(std::uint64_t seed) const {
  DataOptions with_seed = options();
  with_seed.seed = seed;
  const std::string from = place();
  const Dataset dataset =
      naming(split.empty() ? from : split, [&] { return load_dataset(data, with_seed); });
  tell_data(from, dataset);
  return dataset;
}

TestSet DataArguments::test_set(const std::string& prompt, const std::string& classes,
                                std::optional<std::uint64_t> seed,
                                std::optional<bool> exif_of_prompt) const {
  TestSetRequest request{
      .data = data, .options = options(), .prompt = {}, .classes = classes, .seed = seed};
  if (!prompt.empty()) request.prompt = prompt_path(prompt);
  if (!request.options.orientation) request.options.orientation = orientation_of(exif_of_prompt);
  const std::string from = place();
  TestSet set = naming(split.empty() ? from : split, [&] { return qprompt::test_set(request); });
  tell_data(from, set.data);
  return set;
}

DataDescription DataArguments::description(const Dataset& dataset) const {
  return described(dataset, {place(), split, class_names});
}

}  // namespace qprompt::cli
