#include "qprompt/run/run_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qprompt/core/fields.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/run/record.h"

namespace qprompt {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 2;  // of records; 1 had no targets
constexpr std::size_t kWorstClasses = 5, kMistakesShown = 4;

// Zero-shot stands beside runs that learn from the classes of the first target, in their tables.
ClassSubset source_classes(const RunSpec& spec) {
  if (spec.method.learn) return spec.method.learn->classes;
  const bool base = !spec.targets.empty() && spec.targets.front().classes == ClassSubset::kBase;
  return base ? ClassSubset::kBase : ClassSubset::kAll;
}

Json source_as_json(Workbench& bench, const RunSpec& spec) {
  const Dataset& dataset = spec.data->dataset;
  const ClassSubset classes = source_classes(spec);
  Json json{{"dataset", dataset.name},
            {"classes", enum_name(classes)},
            {"n_classes", class_names_of(dataset, classes).size()},
            {"images_hash", hex64(spec.data->source_hash)}};
  const bool learns = spec.method.learn.has_value();
  LearnConfig nothing;
  nothing.shots = 0;
  nothing.seed = 0;
  const LearnConfig learn = spec.method.learn.value_or(nothing);
  json.update(
      {{"shots", learn.shots},
       {"seed", learn.seed},
       {"train_seed", learn.effective_train_seed()},
       {"images", learns ? bench.training(spec.data, learn).sets.chosen().train.size() : 0}});
  return json;
}

// The classes that are recognised worst, worst first.
std::vector<int> worst_classes(const Metrics& metrics) {
  std::vector<int> worst;
  for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
    const ClassMetrics& of_class = metrics.classes[c];
    if (of_class.correct < of_class.images) worst.push_back(static_cast<int>(c));
  }
  std::ranges::stable_sort(worst, {}, [&](int c) { return metrics.classes[c].accuracy(); });
  worst.resize(std::min(worst.size(), kWorstClasses));
  return worst;
}

Json mistakes_as_json(const Evaluation& evaluation, const std::vector<std::string>& names,
                      const std::string& root) {
  Json json = Json::object();
  for (const int label : worst_classes(evaluation.metrics)) {
    Json& pictures = json[names[label]];
    std::size_t shown = 0;
    for (const ImageResult& image : evaluation.images) {
      if (image.label != label || image.predicted == label) continue;
      pictures.push_back(name_within(image.image, root));
      if (++shown == kMistakesShown) break;
    }
  }
  return json;
}

Json confusions_as_json(const std::vector<Confusion>& confusions) {
  Json json = Json::array();
  for (const Confusion& confusion : confusions) {
    if (confusion.label == confusion.predicted) continue;
    json.push_back({confusion.label, confusion.predicted, confusion.images});
  }
  return json;
}

Json target_as_json(const Target& target, const TestBench& test, const Evaluation& evaluation) {
  const Metrics& metrics = evaluation.metrics;
  Json json{{"name", target.name},
            {"dataset", target.data->dataset.name},
            {"classes", enum_name(target.classes)},
            {"images_hash", hex64(target.data->test_hash)}};
  json.update(accuracies_as_json(metrics));
  const std::vector<std::string>& names = test.class_names;
  json["class_names"] = names;
  for (const ClassMetrics& of_class : metrics.classes) {
    json["class_images"].push_back(of_class.images);
    json["class_correct"].push_back(of_class.correct);
  }
  json["confusions"] = confusions_as_json(metrics.confusions);
  json["mistakes"] = mistakes_as_json(evaluation, names, target.data->description.path);
  return json;
}

Json as_json(const Answers& answers) {
  return {{"images", answers.images},
          {"correct", answers.correct},
          {"accuracy", answers.accuracy()},
          {"accuracy_interval", interval_json(answers.correct, answers.images)}};
}

}  // namespace

Json run_record(Workbench& bench, const RunSpec& spec, const RunResult& result) {
  Json record{{"format", kFormat},
              {"run", hex64(run_hash(spec, bench.model()))},
              {"experiment", spec.experiment},
              {"method", spec.method.name},
              {"label", label_of(spec)},
              {"varied", spec.varied}};
  record.update(record_header(spec.experiment, bench.model()));
  record["settings"] = settings_as_json(spec.method);
  record["preset"] = as_json(spec.preset);
  record["data"] = as_json(spec.data->description);
  record["source"] = source_as_json(bench, spec);
  record["targets"] = Json::array();
  for (std::size_t i = 0; i < result.targets.size(); ++i) {
    const Target& target = spec.targets[i];
    record["targets"].push_back(target_as_json(target, bench.test(target), result.targets[i]));
  }
  record.update(result.learned ? as_json(*result.learned) : nothing_learned());
  return record;
}

void add_to_record(const EpochLog& log, Json& record) {
  for (std::size_t e = 0; e < log.epochs().size(); ++e) {
    const EpochEntry& entry = log.epochs()[e];
    Json& epoch = record["epochs"][e];
    epoch["targets"] = entry.targets;
    for (const auto& [name, statistics] : entry.weights) {
      epoch["weights"][name] = fields_as_json(statistics);
    }
  }
  record["divergences"] = Json::array();
  for (const Divergence& divergence : log.divergences()) {
    record["divergences"].push_back({{"step", divergence.step},
                                     {"matrix", divergence.matrix},
                                     {"kl", divergence.kl},
                                     {"clustered", divergence.clustered}});
  }
}

Json as_json(const HeldOut& held_out) {
  Json json{{"zero_shot", as_json(held_out.zero_shot)}, {"adapted", as_json(held_out.adapted)}};
  if (held_out.class_means.images > 0) json["class_means"] = as_json(held_out.class_means);
  if (!held_out.novel) return json;
  const Forecast& novel = *held_out.novel;
  json["novel"] = {{"learned_classes", novel.learned_classes},
                   {"novel_classes", novel.novel_classes},
                   {"zero_shot", as_json(novel.zero_shot)},
                   {"adapted", as_json(novel.adapted)}};
  return json;
}

Json comparison_as_json(const Metrics& zero_shot, const std::string& tmpl) {
  return {{"template", tmpl},
          {"images", zero_shot.images},
          {"accuracy", zero_shot.accuracy()},
          {"accuracy_interval", interval_json(zero_shot.correct, zero_shot.images)}};
}

}  // namespace qprompt
