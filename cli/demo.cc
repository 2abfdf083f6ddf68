#include "cli/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "cli/experiment_arguments.h"
#include "cli/interrupt.h"
#include "cli/sweep_report.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kScoresKept = 5;
constexpr std::size_t kExamples = 2;  // new classes of which a picture is classified

FeatureOptions interruptible() {
  FeatureOptions options;
  options.stop = interrupted;
  return options;
}

// That with the first seed.
const RunSpec& first_run_of(const std::vector<RunSpec>& runs, const std::string& method) {
  const auto found =
      std::ranges::find(runs, method, [](const RunSpec& run) { return run.method.name; });
  require(found != runs.end(), "demo: no run of ", method);
  return *found;
}

LearnedPrompt learned_by(const RunSpec& run, const fs::path& records, const Model& model) {
  const fs::path path = record_path(records, run, model);
  const nlohmann::json record = read_json_object(path);
  LearnedPrompt learned{.prompt = load_prompt_file(path.parent_path() / kPromptName)};
  record.at("class_names").get_to(learned.class_names);
  record.at("steps").get_to(learned.steps);
  for (const auto& count : record.at("clusterings")) learned.clusterings += count.get<int>();
  return learned;
}

DemoChoice choice_of(const RunSpec& run, const fs::path& records, const Model& model) {
  const nlohmann::json chosen =
      read_json_object(record_path(records, run, model)).at("tune").at("chosen");
  const auto name = chosen.at("name").get<std::string>();
  const nlohmann::json& epoch = chosen.at("epoch");
  return {run.method.learn->seed,
          epoch.is_null() ? name : fmt::format("{}, epoch {}", name, epoch.get<int>())};
}

void do_runs(const Model& model, const std::vector<RunSpec>& runs, const fs::path& records,
             DemoResult& result) {
  Workbench bench(model, interruptible(), interruptible());
  const SweepResult sweep = run_and_tell(bench, runs, {.records = records});
  require_all_done(sweep);
  result.found = sweep.found;
  result.records = report::read_records(sweep.records);
  const RunSpec& coop = first_run_of(runs, "coop");
  result.coop_config = *coop.method.learn;
  result.coop = learned_by(coop, records, model);
  result.tuned = learned_by(first_run_of(runs, kTunedName), records, model);
  for (const RunSpec& run : runs) {
    if (run.method.tune) result.choices.push_back(choice_of(run, records, model));
  }
}

void classify_examples(const Model& model, DemoResult& result) {
  const Dataset& dataset = result.data->dataset;
  const Dataset novel = subsample_classes(dataset, ClassSubset::kNew);
  const std::vector<Item> examples = first_of_each_class(novel.test, kExamples);
  std::vector<ImageSource> pictures;
  pictures.reserve(examples.size());
  for (const Item& item : examples) pictures.push_back(item.image);
  const std::vector<std::string>& names = dataset.class_names;
  const ClassifyOptions options{.top_k = kScoresKept, .features = interruptible()};
  const auto by_prompt = classify({model, result.tuned.prompt, names}, pictures, options);
  const auto by_words = classify(AdaptedModel::zero_shot(model, {result.zero_shot_template}, names),
                                 pictures, options);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    result.classified.push_back(
        {novel.class_names.at(examples[i].label), by_prompt[i], by_words[i]});
  }
}

}  // namespace

std::vector<Item> first_of_each_class(const std::vector<Item>& items, std::size_t classes) {
  std::vector<Item> first;
  for (std::size_t label = 0; label < classes; ++label) {
    const auto found = std::ranges::find_if(
        items, [label](const Item& item) { return static_cast<std::size_t>(item.label) == label; });
    if (found != items.end()) first.push_back(*found);
  }
  return first;
}

DemoResult run_demo(const Model& model, const DemoAssets& assets, ExperimentRequest request,
                    const fs::path& records) {
  require(!request.seeds.empty(), "demo: no seeds, expected at least one");
  ExperimentData data("", {});
  request.data = {assets.data.string()};
  DemoResult result;
  result.data = data(request.data.front());
  result.zero_shot_template = request.templates.front();
  tell("learning on half of {} classes, testing on both halves, seeds {}",
       result.data->dataset.class_names.size(), fmt::join(request.seeds, ", "));
  do_runs(model, runs_of(request, std::ref(data)), records, result);
  classify_examples(model, result);
  return result;
}

}  // namespace qprompt::cli
