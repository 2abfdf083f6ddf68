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

FeatureOptions interruptible() {
  FeatureOptions options;
  options.stop = interrupted;
  return options;
}

std::string class_of(const fs::path& picture, const std::vector<std::string>& new_classes) {
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

void do_runs(const Model& model, const std::vector<RunSpec>& runs, const fs::path& records,
             DemoResult& result) {
  Workbench bench(model, interruptible(), interruptible());
  const SweepResult sweep = run_and_tell(bench, runs, {.records = records});
  require_all_done(sweep);
  result.found = sweep.found;
  result.records = report::read_records(sweep.records);
  result.learn = *first_run_of(runs, "qcoop").method.learn;
  result.qcoop = learned_by(first_run_of(runs, "qcoop"), records, model);
  result.coop = learned_by(first_run_of(runs, "coop"), records, model);
}

void classify_pictures(const Model& model, const DemoAssets& assets,
                       const std::vector<std::string>& classes, DemoResult& result) {
  const std::vector<std::string>& names = result.data->dataset.class_names;
  const ClassifyOptions options{kScoresKept, 0, interruptible()};
  const std::vector<ImageSource> pictures(assets.classify.begin(), assets.classify.end());
  const auto by_prompt = classify({model, result.qcoop.prompt, names}, pictures, options);
  const auto by_words = classify(AdaptedModel::zero_shot(model, {result.zero_shot_template}, names),
                                 pictures, options);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    result.classified.push_back({classes[i], by_prompt[i], by_words[i]});
  }
}

}  // namespace

DemoResult run_demo(const Model& model, const DemoAssets& assets, ExperimentRequest request,
                    const fs::path& records) {
  require(!request.seeds.empty(), "demo: no seeds, expected at least one");
  ExperimentData data("", {});
  request.data = {assets.pictures.string()};
  DemoResult result;
  result.data = data(request.data.front());
  result.zero_shot_template = request.templates.front();
  const std::vector<std::string> classes = true_classes(assets, result.data->dataset);
  tell("learning on half of {} classes, testing on both halves, seeds {}",
       result.data->dataset.class_names.size(), fmt::join(request.seeds, ", "));
  do_runs(model, runs_of(request, std::ref(data)), records, result);
  classify_pictures(model, assets, classes, result);
  return result;
}

}  // namespace qprompt::cli
