#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "qprompt/train/settings.h"

namespace qprompt::cli {

// The flags of everything that can be learned: --preset, a flag for each field of LearnConfig, and
// one for each field that any method has.
class LearnArguments {
 public:
  // `without` names fields that a command decides itself.
  void add_to(CLI::App& app, const std::set<std::string>& without = {});

  // What a flag says; empty without it.
  std::string given(const std::string& field) const;
  // What the preset says, and what the flags say instead.
  Settings settings() const;
  // A CLI::ValidationError for flags that the method does not have.
  LearnConfig config() const;
  // The preset, its source, and where the flags differ from it; empty without a preset.
  nlohmann::ordered_json preset_report() const;

 private:
  void add_preset_flag(CLI::App& app);

  std::string preset_;
  Settings given_;
};

// A method by its name in tables, settled with the other settings. Settings that the
// method does not have go into `unknown`.
LearnConfig named_config(const std::string& name, const Settings& settings,
                         std::set<std::string>& unknown);

// A CLI::ValidationError.
[[noreturn]] void fail_unknown_flags(const std::set<std::string>& fields, const std::string& where);

}  // namespace qprompt::cli
