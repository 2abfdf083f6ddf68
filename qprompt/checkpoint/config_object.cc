#include "qprompt/checkpoint/config_object.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

using Json = nlohmann::json;

Index whole_number(const Json& value, const std::string& where) {
  constexpr Index kLargest = 1 << 24;
  require(value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 &&
              value.get<std::uint64_t>() <= kLargest,
          where, " is ", value.dump(), ", expected a whole number from 1 to ", kLargest);
  return value.get<Index>();
}

}  // namespace

ConfigObject::ConfigObject(const Json& json, std::filesystem::path file, std::string name)
    : json_(&json), file_(std::move(file)), name_(std::move(name)) {
  require(json.is_object(), file_.string(), ": ", name_.empty() ? "content" : name_,
          " is not a JSON object");
}

std::string ConfigObject::where(const char* key) const {
  return file_.string() + ": " + (name_.empty() ? "" : name_ + ".") + key;
}

bool ConfigObject::has(const char* key) const {
  asked_for_.insert(key);
  return json_->contains(key) && !(*json_)[key].is_null();
}

bool ConfigObject::is_list(const char* key) const { return has(key) && at(key).is_array(); }

const Json& ConfigObject::at(const char* key) const {
  require(has(key), where(key), " is missing");
  return (*json_)[key];
}

ConfigObject ConfigObject::object(const char* key) const {
  return {at(key), file_, (name_.empty() ? "" : name_ + ".") + key};
}

Index ConfigObject::whole(const char* key) const { return whole_number(at(key), where(key)); }

Index ConfigObject::whole(const char* key, Index otherwise) const {
  return has(key) ? whole(key) : otherwise;
}

double ConfigObject::number(const char* key, double otherwise) const {
  if (!has(key)) return otherwise;
  require(at(key).is_number(), where(key), " is ", at(key).dump(), ", expected a number");
  return at(key).get<double>();
}

std::string ConfigObject::text(const char* key, const std::string& otherwise) const {
  if (!has(key)) return otherwise;
  require(at(key).is_string(), where(key), " is ", at(key).dump(), ", expected text");
  return at(key).get<std::string>();
}

bool ConfigObject::flag(const char* key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const Json& value = at(key);
  return value != false && value != 0 && value != Json("") &&
         !(value.is_structured() && value.empty());
}

void ConfigObject::finish(std::span<const char* const> harmless) const {
  for (const auto& [key, value] : json_->items()) {
    const bool known = value.is_null() || asked_for_.contains(key) ||
                       std::ranges::find(harmless, std::string_view(key)) != harmless.end();
    require(known, where(key.c_str()), " is ", value.dump(),
            ", a setting that is not known here and may change every feature");
  }
}

void ConfigObject::finish(std::initializer_list<const char*> harmless) const {
  finish(std::span(harmless.begin(), harmless.size()));
}

std::array<Index, 4> ConfigObject::four_wholes(const char* key) const {
  const Json& values = at(key);
  require(values.is_array() && values.size() == 4, where(key), " is ", values.dump(),
          ", expected four numbers");
  std::array<Index, 4> wholes{};
  for (std::size_t i = 0; i < wholes.size(); ++i) wholes[i] = whole_number(values[i], where(key));
  return wholes;
}

std::array<float, 3> ConfigObject::triple(const char* key,
                                          const std::array<float, 3>& otherwise) const {
  if (!has(key)) return otherwise;
  const Json& values = at(key);
  require(values.is_array() && values.size() == 3, where(key), " is ", values.dump(),
          ", expected three numbers");
  std::array<float, 3> triple{};
  for (std::size_t i = 0; i < triple.size(); ++i) {
    require(values[i].is_number(), where(key), " is ", values.dump(), ", expected three numbers");
    triple[i] = values[i].get<float>();
    require(std::isfinite(triple[i]), where(key), " is ", values.dump());
  }
  return triple;
}

bool ConfigObject::is_square(const char* key) const {
  return has(key) && at(key).is_object() && at(key).contains("height");
}

Index ConfigObject::pixels(const char* key) const {
  const Json& value = at(key);
  if (value.is_number()) return whole(key);
  if (value.is_object() && value.size() == 1 && value.contains("shortest_edge")) {
    return whole_number(value["shortest_edge"], where(key));
  }
  const bool pair = value.is_array() && value.size() == 2;
  const bool named =
      value.is_object() && value.size() == 2 && value.contains("height") && value.contains("width");
  require(pair || named, where(key), " is ", value.dump(), ", expected a size in pixels");
  const Json& height = pair ? value[0] : value["height"];
  const Json& width = pair ? value[1] : value["width"];
  require(height == width, where(key), " is ", value.dump(), ", expected a square");
  return whole_number(height, where(key));
}

}  // namespace qprompt
