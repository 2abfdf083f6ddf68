#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/training_state.h"
#include "qprompt/tune/candidates.h"
#include "qprompt/tune/fold_bench.h"

namespace qprompt {

// Whether each epoch can be what is deployed, rather than the end alone.
bool is_judged_by_epoch(const LearnConfig& config);
// How many epochs of a candidate can be judged: all of a schedule whose last epoch is deployed,
// else one, the end.
int epochs_to_judge(const TuneCandidate& candidate);

// A candidate on a fold. Its schedule is stretched so that it takes as many steps as the run on all
// classes will: what is judged as epoch e are the values after as many steps as that run's e epochs
// have. Bench and candidate outlive the trial.
class Trial {
 public:
  // `images`: how many the run on all classes learns from.
  Trial(const FoldBench& bench, const TuneCandidate& candidate, const Model& model, Index images);

  // Of epochs 1, 2, .. so far.
  const std::vector<Judgement>& judgements() const { return judgements_; }
  // Goes on until `epoch` of them are judged. Throws Interrupted where `stop` says so.
  void advance(int epoch, const std::function<bool()>& stop);

 private:
  using Models = std::vector<AdaptedModel>;  // one for each list that is asked among

  // One method of the candidate on this fold.
  struct Part {
    LearnConfig config;
    TrainingSet set;
    PromptedClip clip;                // of the classes learned
    std::vector<PromptedClip> asked;  // of the lists that are asked among
  };
  Part part_of(const LearnConfig& config) const;
  int fold_epoch(int epoch) const;

  void learn_by_epochs(int epoch, const std::function<bool()>& stop);
  Models learned(const Part& part, const std::function<bool()>& stop) const;
  void judge(const Models& models);

  const FoldBench& bench_;
  const TuneCandidate& candidate_;
  Model model_;
  Index images_;
  double stretch_ = 1;
  std::vector<Part> parts_;
  std::vector<Models> others_;          // what the parts behind the first come to
  std::optional<TrainingState> state_;  // of the first
  std::vector<Judgement> judgements_;
};

}  // namespace qprompt
