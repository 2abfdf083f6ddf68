#pragma once

// Command-line flags from the list of fields that a config struct gives (core/fields.h).

#include <CLI/CLI.hpp>
#include <string>

#include "qprompt/core/fields.h"

namespace qprompt::cli {

inline std::string flag_name(std::string field) {
  for (char& c : field) c = c == '_' ? '-' : c;
  return "--" + field;
}

template <typename Enum>
std::string names_listed(const std::string& separator) {
  std::string text;
  for (const auto& name : enum_names(Enum{})) {
    if (!text.empty()) text += separator;
    text += name;
  }
  return text;
}

// An enum's names beside its flag, or behind the help where they are too many for that.
template <typename Enum>
bool has_short_list() {
  return names_listed<Enum>("|").size() <= 60;
}
template <typename Enum>
std::string enum_type_name() {
  return has_short_list<Enum>() ? names_listed<Enum>("|") : "NAME";
}
template <typename Enum>
std::string with_long_list(const std::string& help) {
  return has_short_list<Enum>() ? help : help + ": " + names_listed<Enum>(", ");
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
  return app.add_option_function<std::string>(flag, read, with_long_list<Enum>(help))
      ->type_name(enum_type_name<Enum>())
      ->default_str(enum_name(value));
}

}  // namespace qprompt::cli
