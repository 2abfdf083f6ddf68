#pragma once

#include <set>
#include <string>
#include <vector>

#include "qprompt/train/settings.h"
#include "qprompt/tune/goal.h"

namespace qprompt {

// What may be learned: one method with its settings; several, whose probabilities are averaged; or,
// with no part, nothing: zero-shot.
struct TuneCandidate {
  std::string name;  // "qkgcoop lr=0.01", "qkgcoop lr=0.01 & qclap", "zeroshot"
  std::vector<LearnConfig> parts{};

  bool is_zero_shot() const { return parts.empty(); }
};

inline constexpr char kZeroShotName[] = "zeroshot";

// The candidates for a goal, zero-shot first and the most promising of the rest before others, so
// that a small budget sees the best (docs/tune.md has the list and its reasons). `methods`, names
// of the tables or "A & B", replace the list's; each is tried at every learning rate of the list
// that suits it. What `given` says stands over what a candidate would have; names in it that no
// candidate has are put into `unknown`. Throws Error for a method that cannot serve the goal.
std::vector<TuneCandidate> candidates_for(TuneGoal goal, const std::vector<std::string>& methods,
                                          const Settings& given, std::set<std::string>& unknown);

}  // namespace qprompt
