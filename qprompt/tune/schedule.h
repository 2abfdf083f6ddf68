#pragma once

#include "qprompt/train/learn.h"

namespace qprompt {

// Whoever learns from a part of the classes has fewer steps in an epoch. A schedule is stretched so
// that as many steps are taken as on all of them: `stretch` is how many epochs stand for one, from
// the images of the whole and of the part.
double stretch(Index images, Index part, const LearnConfig& config);

// The epoch of the stretched schedule that stands for one of the whole's, at least 1.
int stretched_by(double stretch, int epoch);
TrainingConfig stretched_by(double stretch, TrainingConfig training);

}  // namespace qprompt
