#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <set>
#include <string>

#include "qprompt/run/description.h"
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
  // Nothing without --preset.
  std::optional<PresetUse> preset_use() const;

 private:
  void add_preset_flag(CLI::App& app);

  std::string preset_;
  Settings given_;
};

// A CLI::ValidationError.
[[noreturn]] void fail_unknown_flags(const std::set<std::string>& fields, const std::string& where);

}  // namespace qprompt::cli
