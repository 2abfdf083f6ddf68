#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "qprompt/tune/goal.h"

namespace qprompt {

// What a candidate showed: after each of its epochs, on each fold that it was tried on (the first
// ones, the same for all candidates).
struct TrialTable {
  std::vector<std::vector<Judgement>> folds{};  // of each, by epoch

  bool operator==(const TrialTable&) const = default;
};

// How one is chosen of all that was tried:
//   best    the best mean score over the folds
//   one_se  of those whose mean lies within one standard error of the best's (of the paired
//           differences to it), the one that changes the fewest of zero-shot's answers (after
//           Breiman et al., 1984, who take the simplest tree)
// Under either, zero-shot is kept unless the choice beats it by more than one standard error.
enum class ChoiceRule : std::uint8_t { kBest, kOneSe };
inline auto enum_names(ChoiceRule) { return std::array{"best", "one_se"}; }

struct MeanAndError {
  double mean = 0;
  double error = 0;  // standard error: sample standard deviation / sqrt(n); 0 of one value
};
MeanAndError mean_and_error(std::span<const double> values);

// A candidate after one of its epochs, both counted from zero.
struct Pick {
  std::size_t candidate = 0, epoch = 0;

  bool operator==(const Pick&) const = default;
};

// Only candidates that were tried on the most folds are chosen among. `tables[0]` is zero-shot's.
// Of equals the first candidate and the earliest epoch.
Pick pick(std::span<const TrialTable> tables, TuneGoal goal, ChoiceRule rule);

// The candidates by their best mean score over the first `folds` folds, best first.
std::vector<std::size_t> ranking(std::span<const TrialTable> tables, TuneGoal goal,
                                 std::size_t folds);

// Of a candidate's best epoch, over the first `folds` folds.
double best_score(const TrialTable& table, TuneGoal goal, std::size_t folds);

// What a choice is expected to give: the mean over the folds of what is picked without looking at
// that fold, since the best of many is best by luck, too. Of fewer than two folds: what was seen.
struct Expectation {
  MeanAndError learned{}, novel{}, score{};
};
Expectation expectation(std::span<const TrialTable> tables, TuneGoal goal, ChoiceRule rule);
// Of one candidate and epoch, as it was seen on its folds.
Expectation seen(const TrialTable& table, std::size_t epoch, TuneGoal goal);

}  // namespace qprompt
