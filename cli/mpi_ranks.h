#pragma once

#include <functional>
#include <memory>

#include "qprompt/core/ranks.h"

namespace qprompt::cli {

// This process as one of those that mpirun or srun started for one run.
struct RankOfRun {
  std::shared_ptr<const Ranks> ranks;
  int cores = 1;  // the node's, shared evenly among the ranks there
};

// Does the work as one of the ranks; of these the first alone talks. Where all of them fail, the
// error is thrown and the first tells it; where some fail while others go on, one of those says so
// and all are ended, since the others would wait for ever. Throws Error where nobody started ranks,
// where MPI knows of others than were started, and in a program that was built without MPI.
void on_mpi_ranks(const std::function<void(const RankOfRun&)>& work);

}  // namespace qprompt::cli
