#pragma once

// Command-line flags and JSON from the list of fields that a config struct gives (core/fields.h).

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "qprompt/core/fields.h"

namespace qprompt::cli {

inline std::string flag_name(std::string field) {
  for (char& c : field) c = c == '_' ? '-' : c;
  return "--" + field;
}

template <typename Enum>
std::string names_listed() {
  std::string text;
  for (const char* name : enum_names(Enum{})) text += (text.empty() ? "" : "|") + std::string(name);
  return text;
}

// An option for an enum: takes its names, shows its default.
template <typename Enum>
CLI::Option* add_enum_option(CLI::App& app, const std::string& flag, Enum& value,
                             const std::string& help) {
  auto read = [&value, flag](const std::string& text) {
    try {
      value = enum_from_name<Enum>(text);
    } catch (const Error& error) {
      throw CLI::ValidationError(flag, error.what());
    }
  };
  return app.add_option_function<std::string>(flag, read, help)
      ->type_name(names_listed<Enum>())
      ->default_str(enum_name(value));
}

// Adds a flag for every field that is not in `without`.
class FlagVisitor {
 public:
  explicit FlagVisitor(CLI::App& app, std::set<std::string> without = {})
      : app_(app), without_(std::move(without)) {}

  template <typename T>
  void operator()(const std::string& field, T& value, const std::string& help) {
    if (without_.contains(field)) return;
    if constexpr (std::is_enum_v<T>) {
      add_enum_option(app_, flag_name(field), value, help);
    } else if constexpr (std::is_same_v<T, bool>) {
      const std::string flag = flag_name(field);
      app_.add_flag(flag + ",!--no-" + flag.substr(2), value, help);
    } else {
      app_.add_option(flag_name(field), value, help)->capture_default_str();
    }
  }

 private:
  CLI::App& app_;
  std::set<std::string> without_;
};

class JsonVisitor {
 public:
  template <typename T>
  void operator()(const std::string& field, T& value, const std::string&) {
    if constexpr (std::is_enum_v<T>) {
      json[field] = enum_name(value);
    } else {
      json[field] = value;
    }
  }

  nlohmann::ordered_json json = nlohmann::ordered_json::object();
};

template <typename Config>
nlohmann::ordered_json fields_as_json(Config config) {
  JsonVisitor visitor;
  config.visit_fields(visitor);
  return visitor.json;
}

}  // namespace qprompt::cli
