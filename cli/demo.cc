#include "cli/demo.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/base_to_new_report.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "qprompt/core/error.h"
#include "qprompt/core/field_text.h"

namespace qprompt::cli {
namespace {

constexpr int kScoresKept = 5;

FeatureOptions interruptible() {
  FeatureOptions options;
  options.stop = interrupted;
  return options;
}

void announce(const DemoAssets& assets, const DemoResult& result) {
  tell("{}: learning on half of {} classes, testing on both halves, seeds {}\n",
       assets.pictures.string(), result.dataset.class_names.size(),
       fmt::join(result.settings.seeds, ", "));
}

// The demo's settings under a name of the table.
ProtocolEntry demo_entry(const std::string& name, const DemoSettings& settings) {
  if (name == "zeroshot") return {name, std::nullopt, {settings.zero_shot_template}};
  LearnConfig config = settings.learn;
  const Settings named = settings_of_name(name);
  set_field(config, "quantizer", named.at("quantizer"));
  return {name, config, {}};
}

void measure_table(const Model& model, DemoResult& result) {
  for (const std::string& method : result.settings.methods) {
    result.entries.push_back(demo_entry(method, result.settings));
  }
  result.options.seeds = result.settings.seeds;
  result.options.shots = result.settings.learn.shots;
  result.options.features = interruptible();
  result.options.observer.stop = interrupted;
  result.options.on_run = tell_run;
  result.table = base_to_new(model, result.dataset, result.entries, result.options);
  if (result.table.interrupted) throw Interrupted();
}

// As the table's run of the first seed.
Learned learn_once(const Model& model, const DemoResult& result, const std::string& method) {
  LearnConfig config = *demo_entry(method, result.settings).learn;
  config.seed = result.settings.seeds.front();
  Observer observer;
  observer.stop = interrupted;
  Learned learned = learn(model, result.dataset, config, interruptible(), observer);
  if (learned.interrupted) throw Interrupted();
  return learned;
}

std::string class_of(const std::filesystem::path& picture,
                     const std::vector<std::string>& new_classes) {
  std::string name = picture.stem().string();
  std::ranges::replace(name, '_', ' ');
  require(std::ranges::find(new_classes, name) != new_classes.end(), picture.string(),
          ": named after no class of the second half, which is not trained on");
  return name;
}

// What the pictures' names say they show.
std::vector<std::string> true_classes(const DemoAssets& assets, const Dataset& dataset) {
  const Dataset novel = subsample_classes(dataset, ClassSubset::kNew);
  std::vector<std::string> classes;
  for (const auto& picture : assets.classify) {
    classes.push_back(class_of(picture, novel.class_names));
  }
  return classes;
}

void classify_pictures(const Model& model, const DemoAssets& assets,
                       const std::vector<std::string>& classes, DemoResult& result) {
  const std::vector<std::string>& names = result.dataset.class_names;
  const ClassifyOptions options{kScoresKept, 0, interruptible()};
  const std::vector<ImageSource> pictures(assets.classify.begin(), assets.classify.end());
  const auto by_prompt = classify({model, result.qcoop.prompt, names}, pictures, options);
  const auto by_words =
      classify(AdaptedModel::zero_shot(model, {result.settings.zero_shot_template}, names),
               pictures, options);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    result.classified.push_back({classes[i], by_prompt[i], by_words[i]});
  }
}

}  // namespace

DemoResult run_demo(const Model& model, const DemoAssets& assets, const DemoSettings& settings) {
  require(!settings.seeds.empty(), "demo: no seeds, expected at least one");
  DemoResult result;
  result.settings = settings;
  result.dataset = load_dataset(assets.pictures, {.seed = settings.seeds.front()});
  const std::vector<std::string> classes = true_classes(assets, result.dataset);
  announce(assets, result);
  measure_table(model, result);
  result.qcoop = learn_once(model, result, "qcoop");
  result.coop = learn_once(model, result, "coop");
  classify_pictures(model, assets, classes, result);
  return result;
}

}  // namespace qprompt::cli
