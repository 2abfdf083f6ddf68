#pragma once

#include "qprompt/train/training_config.h"

namespace qprompt::cli {

// Progress lines of a training, which ends on SIGINT.
Observer training_observer();

}  // namespace qprompt::cli
