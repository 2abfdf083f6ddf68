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

}  // namespace qprompt::cli
