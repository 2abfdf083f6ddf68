#include "qprompt/run/record.h"

#include <filesystem>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/engine.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string record_version() { return QPROMPT_VERSION; }

std::string name_within(const std::string& image, const std::string& root) {
  if (root.empty()) return image;
  const std::string folder = root.ends_with('/') ? root : root + '/';
  if (image.starts_with(folder)) return image.substr(folder.size());
  const fs::path path = fs::absolute(image).lexically_normal();
  const fs::path relative = path.lexically_relative(fs::path(folder).lexically_normal());
  return relative.empty() || *relative.begin() == ".." ? image : relative.string();
}

Json record_header(const std::string& command, const Model& model) {
  const kernels::DeviceInfo info = model.device().info();
  return {{"command", command},
          {"version", record_version()},
          {"model",
           {{"path", model.path().string()},
            {"layout", model.checkpoint().layout()},
            {"identity", hex64(model.identity())},
            {"fingerprint", hex64(model.fingerprint())}}},
          {"machine",
           {{"cpu", info.cpu},
            {"library", info.library},
            {"instruction_set", info.instruction_set},
            {"ranks", model.engine().ranks().size()},
            {"threads", info.threads},
            {"precision", kernels::precision_name(info)}}}};
}

Json as_json(const DataDescription& data) { return fields_as_json(data); }

Json as_json(const std::optional<PresetUse>& preset) {
  return preset ? fields_as_json(*preset) : Json();
}

Json settings_as_json(const MethodConfig& method) {
  return std::visit([](const auto& config) { return fields_as_json(config); }, method);
}

Json settings_as_json(const Method& method) {
  if (!method.learn) return {{"templates", method.templates}};
  if (!method.tune) return as_json(*method.learn);
  const LearnConfig& learn = *method.learn;
  Json json{{"method", kTunedName},           {"classes", enum_name(learn.classes)},
            {"shots", learn.shots},           {"seed", learn.seed},
            {"train_seed", learn.train_seed}, {"zero_shot", zero_shot_template(learn)}};
  json.update(fields_as_json(method.tune->config));
  Json space = Json::array();
  for (const TuneCandidate& candidate : method.tune->candidates)
    space.push_back(as_json(candidate));
  json["space"] = hex64(hash64(json_line(space)));
  return json;
}

Json as_json(const TuneCandidate& candidate) {
  Json json{{"name", candidate.name}, {"parts", Json::array()}};
  for (const LearnConfig& part : candidate.parts) json["parts"].push_back(as_json(part));
  return json;
}

Json as_json(const LearnConfig& config) {
  Json json = fields_as_json(config);
  json["method"] = enum_name(method_tag(config.method));
  json.update(settings_as_json(config.method));
  return json;
}

namespace {

Json as_json(const EpochReport& epoch) {
  Json json = fields_as_json(epoch);
  json.erase("epochs");
  if (epoch.validation < 0) json.erase("validation");
  return json;
}

}  // namespace

Json as_json(const Classification& result) {
  Json json{{"path", result.image},
            {"unsure", result.abstained},
            {"unknown", result.unknown},
            {"margin", result.margin},
            {"known_score", result.known_score}};
  for (const ClassScore& score : result.scores) {
    Json& shown = json["scores"].emplace_back(
        Json{{"class", score.class_name}, {"probability", score.probability}});
    if (score.cosine) shown["cosine"] = *score.cosine;
  }
  return json;
}

Json as_json(const Learned& learned) {
  Json json = fields_as_json(learned);
  json["seconds"] = {{"features", learned.feature_seconds}, {"training", learned.training_seconds}};
  json["bytes"] = {{"payload", payload_size(learned.prompt)},
                   {"file", to_bytes(learned.prompt).size()}};
  json["epochs"] = Json::array();
  for (const EpochReport& epoch : learned.epochs) json["epochs"].push_back(as_json(epoch));
  return json;
}

Json nothing_learned() {
  Json json = as_json(Learned{});
  json["bytes"] = {{"payload", 0}, {"file", 0}};
  json["epochs"] = Json::array();
  return json;
}

namespace {

// Null of no images.
Json accuracy_json(Index correct, Index images) {
  if (images == 0) return nullptr;
  return static_cast<double>(correct) / static_cast<double>(images);
}

}  // namespace

Json interval_json(Index correct, Index images) {
  const Interval interval = wilson_interval(correct, images);
  return {interval.low, interval.high};
}

namespace {

Json as_json(const Calibration& calibration) {
  Json json{{"ece", calibration.ece()}, {"nll", calibration.nll}, {"bins", Json::array()}};
  for (const CalibrationBin& bin : calibration.bins) {
    Json& shown = json["bins"].emplace_back(Json{{"images", bin.images}});
    if (bin.images == 0) continue;
    shown["confidence"] = bin.confidence();
    shown["accuracy"] = bin.accuracy();
  }
  return json;
}

}  // namespace

Json accuracies_as_json(const Metrics& metrics) {
  return {{"images", metrics.images},
          {"correct", metrics.correct},
          {"accuracy", metrics.accuracy()},
          {"accuracy_interval", interval_json(metrics.correct, metrics.images)},
          {"top_5_accuracy", accuracy_json(metrics.top_5, metrics.images)},
          {"macro_f1", metrics.macro_f1},
          {"calibration", as_json(metrics.calibration)}};
}

Json as_json(const RiskCoverage& curve) {
  Json json{{"aurc", curve.aurc}, {"points", Json::array()}};
  for (const CoveragePoint& point : curve.points) {
    json["points"].push_back({{"coverage", point.coverage},
                              {"threshold", point.threshold},
                              {"images", point.images},
                              {"accuracy", point.accuracy}});
  }
  return json;
}

Json as_json(const Metrics& metrics, const std::vector<std::string>& class_names) {
  Json json = accuracies_as_json(metrics);
  for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
    const ClassMetrics& of_class = metrics.classes[c];
    json["per_class"].push_back(
        {{"class", class_names[c]},
         {"images", of_class.images},
         {"accuracy", accuracy_json(of_class.correct, of_class.images)},
         {"accuracy_interval", interval_json(of_class.correct, of_class.images)},
         {"f1", of_class.f1}});
  }
  json["confusions"] = Json::array();
  for (const Confusion& confusion : metrics.confusions) {
    json["confusions"].push_back({{"class", class_names[confusion.label]},
                                  {"predicted", class_names[confusion.predicted]},
                                  {"images", confusion.images}});
  }
  return json;
}

Json as_json(const std::vector<Classification>& results) {
  Json json{{"images", Json::array()}, {"skipped_images", damages(results)}};
  for (const Classification& result : results) {
    if (result.damage.empty()) json["images"].push_back(as_json(result));
  }
  return json;
}

std::vector<std::string> damages(const std::vector<Classification>& results) {
  std::vector<std::string> lines;
  for (const Classification& result : results) {
    if (!result.damage.empty()) lines.push_back(result.damage);
  }
  return lines;
}

std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace qprompt
