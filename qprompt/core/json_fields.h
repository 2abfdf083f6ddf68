#pragma once

// Config structs and records as JSON objects, from the list of fields that they give
// (core/fields.h). For .cc files only: the JSON library is large.

#include <nlohmann/json.hpp>
#include <string>

#include "qprompt/core/fields.h"

namespace qprompt {

template <typename T>
concept HasFields = requires(T value) {
  value.visit_fields([](const std::string&, auto&, const std::string&) {});
};

template <HasFields T>
nlohmann::ordered_json fields_as_json(T fields) {
  auto json = nlohmann::ordered_json::object();
  fields.visit_fields(
      [&]<typename Value>(const std::string& field, Value& value, const std::string&) {
        if constexpr (std::is_enum_v<Value>) {
          json[field] = enum_name(value);
        } else if constexpr (HasFields<Value>) {
          json[field] = fields_as_json(value);
        } else {
          json[field] = value;
        }
      });
  return json;
}

// Throws nlohmann::json::exception for a field that is missing or of another type.
template <typename T>
T fields_from_json(const nlohmann::json& json) {
  T fields;
  fields.visit_fields([&](const std::string& field, auto& value, const std::string&) {
    json.at(field).get_to(value);
  });
  return fields;
}

}  // namespace qprompt
