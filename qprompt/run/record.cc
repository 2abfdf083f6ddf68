#include "qprompt/run/record.h"

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

using Json = nlohmann::ordered_json;

Json record_header(const std::string& command, const Model& model) {
  const kernels::DeviceInfo info = model.device().info();
  return {{"command", command},
          {"version", QPROMPT_VERSION},
          {"model",
           {{"path", model.path().string()},
            {"layout", model.checkpoint().layout()},
            {"identity", hex64(model.identity())},
            {"fingerprint", hex64(model.fingerprint())}}},
          {"machine",
           {{"library", info.library},
            {"instruction_set", info.instruction_set},
            {"threads", info.threads},
            {"precision", enum_name(info.format)}}}};
}

Json as_json(const DataDescription& data) { return fields_as_json(data); }

Json as_json(const std::optional<PresetUse>& preset) {
  return preset ? fields_as_json(*preset) : Json();
}

Json settings_as_json(const MethodConfig& method) {
  return std::visit([](const auto& config) { return fields_as_json(config); }, method);
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

Json as_json(const Classification& result) {
  Json json{{"path", result.image}, {"unsure", result.abstained}};
  for (const ClassScore& score : result.scores) {
    json["scores"].push_back({{"class", score.class_name}, {"probability", score.probability}});
  }
  return json;
}

Json as_json(const BaseToNewRun& run) {
  Json json = fields_as_json(run);
  if (run.bits_reasons.empty()) json.erase("bits_reasons");
  return json;
}

// Without what the protocol decides itself, which stands beside the methods.
Json as_json(const ProtocolEntry& entry) {
  if (!entry.learn) return {{"templates", entry.templates}};
  Json settings = qprompt::as_json(*entry.learn);
  for (const char* field : {"classes", "shots", "seed", "train_seed"}) settings.erase(field);
  return settings;
}

}  // namespace

Json as_json(const Learned& learned) {
  Json json = fields_as_json(learned);
  json["seconds"] = {{"features", learned.feature_seconds}, {"training", learned.training_seconds}};
  json["bytes"] = {{"payload", payload_size(learned.prompt)},
                   {"file", to_bytes(learned.prompt).size()}};
  json["epochs"] = Json::array();
  for (const EpochReport& epoch : learned.epochs) json["epochs"].push_back(as_json(epoch));
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

Json as_json(const Metrics& metrics, const std::vector<std::string>& class_names) {
  Json json{{"images", metrics.images},
            {"correct", metrics.correct},
            {"accuracy", metrics.accuracy()},
            {"accuracy_interval", interval_json(metrics.correct, metrics.images)},
            {"top_5_accuracy", accuracy_json(metrics.top_5, metrics.images)},
            {"macro_f1", metrics.macro_f1}};
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

Json as_json(const std::vector<ProtocolEntry>& entries, const BaseToNewOptions& options,
             const BaseToNewResult& result) {
  Json json;
  json["settings"] = {
      {"shots", options.shots}, {"seeds", options.seeds}, {"train_seeds", options.train_seeds}};
  for (const ProtocolEntry& entry : entries) {
    json["settings"]["methods"][entry.name] = as_json(entry);
  }
  json["base"] = {{"classes", result.base_classes}, {"images", result.base_images}};
  json["new"] = {{"classes", result.new_classes}, {"images", result.new_images}};
  json["skipped_images"] = result.skipped;
  json["interrupted"] = result.interrupted;
  if (!result.failure.empty()) json["failure"] = result.failure;
  for (const BaseToNewRow& row : summarize(result.runs)) {
    json["rows"].push_back(fields_as_json(row));
  }
  for (const BaseToNewRun& run : result.runs) json["runs"].push_back(as_json(run));
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
