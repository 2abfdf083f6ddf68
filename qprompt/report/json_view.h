#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qprompt::report {

// A value within a JSON file that somebody else wrote. What it is not what it should be is an Error
// that names the file and the value's place in it: "run.json: targets[1].accuracy: ...".
class JsonView {
 public:
  JsonView(const nlohmann::json& json, std::string place)
      : json_(&json), place_(std::move(place)) {}

  JsonView at(const std::string& key) const;                      // Error where there is none
  std::optional<JsonView> find(const std::string& key) const;     // none for null too
  std::vector<JsonView> items() const;                            // of an array
  std::vector<std::pair<std::string, JsonView>> members() const;  // of an object, by key

  bool flag() const;
  std::string text() const;
  std::vector<std::string> texts() const;
  double number(double low, double high) const;
  std::int64_t integer(std::int64_t low, std::int64_t high) const;
  std::vector<std::int64_t> integers(std::int64_t low, std::int64_t high) const;

  // Scalars of all objects within, under their joined keys ("quantizer.bits"): text as it is, all
  // else as JSON.
  std::vector<std::pair<std::string, std::string>> leaves() const;

  const std::string& place() const { return place_; }

 private:
  [[noreturn]] void fail_for(const std::string& expected) const;

  const nlohmann::json* json_;
  std::string place_;
};

}  // namespace qprompt::report
