#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/tune/candidates.h"
#include "qprompt/tune/images_at_hand.h"
#include "qprompt/tune/tune_config.h"

namespace qprompt {

// One candidate on one fold until some epoch: what a choice is made of.
struct TrialResult {
  std::string candidate{};  // its name
  std::size_t fold = 0;
  std::vector<Judgement> judgements{};
  std::string failure{};  // why it came to nothing; else empty
};

struct TuneProgress {
  std::size_t rung = 0, rungs = 0;             // of the halving
  std::size_t trial = 0, trials = 0;           // done of the rung
  std::string candidate{};                     // that is tried now
  std::string best{};                          // so far
  double best_score = 0, zero_shot_score = 0;  // on the same folds, 0..1
  double seconds = 0, budget = 0;              // 0: none
};

struct TuneOptions {
  // A true answer throws Interrupted.
  std::function<bool()> stop{};
  std::function<void(const TuneProgress&)> progress{};
  // What an interrupted choice knows already, and the seconds it took; and where what is found out
  // now is kept.
  std::vector<TrialResult> known{};
  double seconds = 0;
  std::function<void(const TrialResult&, double seconds)> keep{};
};

struct TuneResult {
  std::vector<TuneCandidate> candidates{};
  std::vector<TrialTable> tables{};     // of the candidates
  std::vector<std::string> failures{};  // why one of them is none; else empty
  std::vector<Fold> folds{};            // classes are positions in `class_names`
  std::vector<std::string> class_names{};
  Pick pick{};
  Expectation expected{};     // of the choice, by what other folds choose
  Expectation zero_shot{};    // on the same folds
  bool within_budget = true;  // false: the budget ended before all was tried
  double seconds = 0, feature_seconds = 0;

  const TuneCandidate& chosen() const { return candidates[pick.candidate]; }
  // That was chosen, from 1; none of zero-shot, and of what is judged at its end alone.
  std::optional<int> epoch() const;
  // What is learned in the end: the parts of the candidate, until the epoch that was chosen.
  std::vector<LearnConfig> to_learn(const LearnConfig& base) const;
  // Whether anything learned was found to be better than zero-shot.
  bool is_zero_shot() const { return chosen().is_zero_shot(); }
};

// Chooses among the candidates by validation over classes: each learns from the images of some of
// the classes, and is judged on held-out images of them and on the classes held out. Successive
// halving (Jamieson and Talwalkar, AISTATS 2016) over steps and folds: all candidates take a
// quarter of their steps on the first fold, the better half goes on to the end of it and to the
// second, the better quarter to the others. Zero-shot is judged on every fold; a candidate that
// fails is left out. `chosen`: shots and classes have been chosen; nothing else is looked at.
// `base` has the seeds, and the words of zero-shot. The same arguments give the same choice,
// however often it was interrupted, unless the budget ends it. With one candidate beside zero-shot
// there is nothing to choose: it is learned to the end.
TuneResult tune(const Model& model, const Dataset& chosen, const LearnConfig& base,
                const std::vector<TuneCandidate>& candidates, const TuneConfig& config,
                const FeatureOptions& features, const TuneOptions& options);

}  // namespace qprompt
