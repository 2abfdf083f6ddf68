#include "qprompt/report/run_record.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/report/dataset_name.h"
#include "qprompt/report/json_view.h"

namespace qprompt::report {
namespace {

constexpr int kFormat = 2;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 4;
constexpr double kLargest = std::numeric_limits<double>::max();

double fraction(const JsonView& value) { return value.number(0, 1); }

std::string optional_text(const JsonView& object, const std::string& key) {
  const auto text = object.find(key);
  return text ? text->text() : "";
}

std::map<std::string, std::string> flat(const JsonView& object) {
  std::map<std::string, std::string> texts;
  for (auto& [key, text] : object.leaves()) texts.emplace(key, text);
  return texts;
}

std::vector<ReliabilityBin> bins_of(const JsonView& calibration) {
  std::vector<ReliabilityBin> bins;
  const std::vector<JsonView> all = calibration.at("bins").items();
  bins.reserve(all.size());
  for (const JsonView& view : all) {
    ReliabilityBin bin{view.at("images").integer(0, kMost)};
    if (bin.images > 0) {
      bin.confidence = fraction(view.at("confidence"));
      bin.accuracy = fraction(view.at("accuracy"));
    }
    bins.push_back(bin);
  }
  return bins;
}

std::vector<Confusion> confusions_of(const JsonView& list, std::size_t n_classes) {
  std::vector<Confusion> confusions;
  const std::vector<JsonView> all = list.items();
  confusions.reserve(all.size());
  const auto last = static_cast<std::int64_t>(n_classes) - 1;
  for (const JsonView& view : all) {
    const std::vector<JsonView> parts = view.items();
    require(parts.size() == 3, view.place(), ": ", parts.size(),
            " numbers, expected label, predicted, images");
    confusions.push_back({static_cast<int>(parts[0].integer(0, last)),
                          static_cast<int>(parts[1].integer(0, last)), parts[2].integer(1, kMost)});
  }
  return confusions;
}

void read_classes(const JsonView& view, TargetRecord& target) {
  const auto names = view.find("class_names");
  if (!names) return;
  target.class_names = names->texts();
  target.class_images = view.at("class_images").integers(0, kMost);
  target.class_correct = view.at("class_correct").integers(0, kMost);
  const std::size_t n = target.class_names.size();
  require(target.class_images.size() == n && target.class_correct.size() == n, view.place(), ": ",
          n, " class_names, but ", target.class_images.size(), " class_images and ",
          target.class_correct.size(), " class_correct");
  if (const auto list = view.find("confusions")) {
    target.confusions = confusions_of(*list, n);
  }
  if (const auto mistakes = view.find("mistakes")) {
    for (const auto& [name, pictures] : mistakes->members()) {
      target.mistakes.emplace(name, pictures.texts());
    }
  }
}

TargetRecord target_of(const JsonView& view) {
  TargetRecord target;
  target.name = dataset_name(view.at("name").text());
  target.dataset = dataset_name(view.at("dataset").text());
  target.images_hash = optional_text(view, "images_hash");
  target.images = view.at("images").integer(1, kMost);
  target.correct = view.at("correct").integer(0, target.images);
  target.accuracy = fraction(view.at("accuracy"));
  target.top_5 = fraction(view.at("top_5_accuracy"));
  target.macro_f1 = fraction(view.at("macro_f1"));
  const std::vector<JsonView> interval = view.at("accuracy_interval").items();
  require(interval.size() == 2, view.place(), ".accuracy_interval: ", interval.size(),
          " numbers, expected low and high");
  target.interval = {fraction(interval[0]), fraction(interval[1])};
  if (const auto calibration = view.find("calibration")) {
    target.ece = fraction(calibration->at("ece"));
    if (const auto nll = calibration->find("nll")) target.nll = nll->number(0, kLargest);
    target.bins = bins_of(*calibration);
  }
  read_classes(view, target);
  return target;
}

WeightHistogram histogram_of(const JsonView& view) {
  WeightHistogram histogram{view.at("low").number(-kLargest, kLargest),
                            view.at("high").number(-kLargest, kLargest),
                            view.at("counts").integers(0, kMost)};
  require(!histogram.counts.empty() && histogram.low <= histogram.high, view.place(),
          ": expected counts from low to high");
  return histogram;
}

EpochRecord epoch_of(const JsonView& view) {
  EpochRecord epoch;
  epoch.epoch = static_cast<int>(view.at("epoch").integer(0, 1'000'000'000));
  epoch.loss = view.at("loss").number(-kLargest, kLargest);
  epoch.accuracy = fraction(view.at("accuracy"));
  if (const auto targets = view.find("targets")) {
    for (const auto& [name, value] : targets->members()) {
      epoch.targets.emplace(dataset_name(name), fraction(value));
    }
  }
  if (const auto weights = view.find("weights")) {
    for (const auto& [name, value] : weights->members()) {
      epoch.weights.emplace(name, histogram_of(value));
    }
  }
  return epoch;
}

DivergenceRecord divergence_of(const JsonView& view) {
  return {view.at("step").integer(0, kMost), view.at("matrix").text(),
          view.at("kl").number(-kLargest, kLargest), view.at("clustered").flag()};
}

template <typename Value>
std::vector<Value> listed(const std::optional<JsonView>& list, Value (*read)(const JsonView&)) {
  std::vector<Value> values;
  if (!list) return values;
  const std::vector<JsonView> items = list->items();
  values.reserve(items.size());
  for (const JsonView& item : items) values.push_back(read(item));
  return values;
}

void read_source(const JsonView& source, RunRecord& record) {
  record.dataset = dataset_name(source.at("dataset").text());
  record.images_hash = optional_text(source, "images_hash");
  record.classes = source.at("classes").text();
  record.shots = static_cast<int>(source.at("shots").integer(0, 1'000'000'000));
  record.seed = static_cast<std::uint64_t>(source.at("seed").integer(0, kMost * 2));
  record.train_seed = static_cast<std::uint64_t>(source.at("train_seed").integer(0, kMost * 2));
}

void read_what_was_run(const JsonView& view, RunRecord& record) {
  record.run = view.at("run").text();
  record.experiment = view.at("experiment").text();
  record.method = view.at("method").text();
  record.label = view.at("label").text();
  if (const auto varied = view.find("varied")) record.varied = flat(*varied);
  record.version = view.at("version").text();
  record.model_path = view.at("model").at("path").text();
  record.model_identity = view.at("model").at("identity").text();
  record.machine = flat(view.at("machine"));
  record.settings = flat(view.at("settings"));
  if (const auto interrupted = view.find("interrupted")) record.interrupted = interrupted->flag();
  read_source(view.at("source"), record);
}

}  // namespace

const TargetRecord* RunRecord::target(const std::string& name) const {
  for (const TargetRecord& target : targets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

std::string RunRecord::shots_text() const {
  if (is_zero_shot()) return "";
  return shots == 0 ? "all" : std::to_string(shots);
}

std::string RunRecord::shots_name() const {
  if (is_zero_shot()) return "";
  return shots == 0 ? "all images" : std::to_string(shots) + (shots == 1 ? " shot" : " shots");
}

bool is_record(const nlohmann::json& json) {
  return json.is_object() && json.contains("format") && json.contains("experiment");
}

RunRecord run_record(const nlohmann::json& json, const std::filesystem::path& file) {
  const JsonView view(json, file.string() + ": ");
  view.at("format").integer(kFormat, kFormat);
  RunRecord record;
  record.file = file;
  record.json = json.dump();
  read_what_was_run(view, record);
  record.targets = listed(view.find("targets"), target_of);
  record.epochs = listed(view.find("epochs"), epoch_of);
  record.divergences = listed(view.find("divergences"), divergence_of);
  if (const auto seconds = view.find("seconds")) {
    const auto encoding = seconds->find("test_features");
    record.seconds = {.features = seconds->at("features").number(0, kLargest),
                      .test_features = encoding ? encoding->number(0, kLargest) : 0,
                      .training = seconds->at("training").number(0, kLargest),
                      .evaluation = seconds->at("evaluation").number(0, kLargest)};
  }
  if (const auto bytes = view.find("bytes")) {
    record.payload_bytes = bytes->at("payload").integer(0, kMost);
  }
  return record;
}

}  // namespace qprompt::report
