#include "qprompt/tune/goal.h"

#include "qprompt/eval/metrics.h"

namespace qprompt {

double score(TuneGoal goal, const Judgement& judgement) {
  if (goal == TuneGoal::kSame) return judgement.learned;
  return harmonic_mean(judgement.learned, judgement.novel);
}

}  // namespace qprompt
