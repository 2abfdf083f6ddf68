#pragma once

#include <functional>

#include "qprompt/train/training_config.h"
#include "qprompt/tune/tune.h"

namespace qprompt::cli {

// Progress lines of a training, which ends on SIGINT.
Observer training_observer();
// Those of choosing settings.
std::function<void(const TuneProgress&)> choosing_progress();

}  // namespace qprompt::cli
