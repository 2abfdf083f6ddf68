// In place of mpi_ranks.cc, where no MPI was found.
#include "cli/mpi_ranks.h"
#include "qprompt/core/error.h"

namespace qprompt::cli {

void on_mpi_ranks(const std::function<void(const RankOfRun&)>&) {
  fail("--ranks: this qprompt was built without MPI, expected a build that found it");
}

}  // namespace qprompt::cli
