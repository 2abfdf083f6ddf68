#include "qprompt/report/published.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "qprompt/core/json.h"
#include "qprompt/report/dataset_name.h"

namespace qprompt::report {

extern const std::string_view kPublishedJson;

namespace {

using nlohmann::json;

PublishedMethod method_of(const json& entry) {
  PublishedMethod method{entry.at("title"), entry.value("method", ""), {}};
  if (entry.contains("bytes")) method.bytes = entry.at("bytes").get<double>();
  return method;
}

PublishedBaseToNew base_to_new_of(const json& entry) {
  return {entry.at("method"), dataset_name(entry.value("dataset", "")), entry.at("base"),
          entry.at("new"), entry.at("H")};
}

PublishedAccuracy accuracy_of(const json& entry) {
  return {entry.at("method"), dataset_name(entry.at("target")), entry.at("accuracy")};
}

PublishedFewShot few_shot_of(const json& entry) {
  return {entry.at("method"), entry.at("shots"), entry.at("accuracy")};
}

template <typename Value>
std::vector<Value> all(const json& entries, Value (*read)(const json&)) {
  std::vector<Value> values;
  values.reserve(entries.size());
  for (const json& entry : entries) values.push_back(read(entry));
  return values;
}

Published read() {
  const json file = parse_json(kPublishedJson, "published.json");
  return {file.at("about"),
          all(file.at("methods"), method_of),
          all(file.at("base_to_new"), base_to_new_of),
          all(file.at("base_to_new_averages"), base_to_new_of),
          all(file.at("cross_dataset"), accuracy_of),
          all(file.at("domain_generalization"), accuracy_of),
          all(file.at("few_shot"), few_shot_of)};
}

}  // namespace

std::string Published::title_of(const std::string& method) const {
  for (const PublishedMethod& candidate : methods) {
    if (candidate.method == method) return candidate.title;
  }
  return "";
}

const Published& published() {
  static const Published read_once = read();
  return read_once;
}

}  // namespace qprompt::report
