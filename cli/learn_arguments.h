#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <set>
#include <string>

#include "qprompt/run/description.h"
#include "qprompt/run/method.h"

namespace qprompt::cli {

// The flags of everything that can be learned: --preset, a flag for each field of LearnConfig, one
// for each field that any method has, and those of choosing settings.
class LearnArguments {
 public:
  // `without` names fields that a command decides itself.
  void add_to(CLI::App& app, const std::set<std::string>& without = {});
  // Without --preset, what is recommended stands under the flags.
  void fall_back_on_recommendation() { has_fallback_ = true; }

  // What a flag says; empty without it.
  std::string given(const std::string& field) const;
  // What the preset says, and what the flags say instead.
  Settings settings() const;
  // A CLI::ValidationError for flags that the method does not have.
  LearnConfig config() const;
  // What --tune chooses among; of --method, its learning rates and epochs.
  Method tuned() const;
  // Nothing without a preset.
  std::optional<PresetUse> preset_use() const;

 private:
  void add_preset_flag(CLI::App& app);
  // What stands under the flags.
  Settings preset_settings() const;
  bool falls_back() const;

  std::string preset_;
  bool has_fallback_ = false;
  Settings given_;
};

// A CLI::ValidationError.
[[noreturn]] void fail_unknown_flags(const std::set<std::string>& fields, const std::string& where);

}  // namespace qprompt::cli
