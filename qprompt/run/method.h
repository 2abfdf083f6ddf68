#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/train/settings.h"
#include "qprompt/tune/candidates.h"
#include "qprompt/tune/tune_config.h"

namespace qprompt {

// What settings are chosen by and among, before anything is learned from all classes.
struct TuneSpec {
  TuneConfig config{};
  std::vector<TuneCandidate> candidates{};  // zero-shot first
};

// A row of the tables by its name: zero-shot with its templates, or what is learned with its
// settings; "tuned", where these are chosen first.
struct Method {
  std::string name{};                    // "zeroshot", "coop", "qcoop", "tuned"
  std::optional<LearnConfig> learn{};    // source classes, shots and seeds are in it
  std::vector<std::string> templates{};  // of zero-shot
  // Then `learn` has the images and the words of zero-shot, and its other settings mean nothing.
  std::optional<TuneSpec> tune{};

  // All that may be learned.
  std::vector<LearnConfig> all_parts() const;
};
inline constexpr char kTunedName[] = "tuned";

// Throws Error for what is no name of a method that learns, naming those there are.
QPROMPT_API void require_learns(const std::string& name);

// A method that learns by its name, settled with the other settings: of "tuned" those of the choice
// and those that its candidates shall have. Settings that it does not have go into `unknown`.
QPROMPT_API Method named_method(const std::string& name, const Settings& settings,
                                std::set<std::string>& unknown);

}  // namespace qprompt
