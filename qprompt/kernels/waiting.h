#pragma once

#include <optional>
#include <thread>

#include "qprompt/core/stopwatch.h"

namespace qprompt::kernels {

// How the threads of a team wait for one another. Spinning is quickest where each has a core of its
// own; on a machine that does other work too, it burns the core that the late one would run on.
// GCC's OpenMP takes its policy from the environment when it is loaded, but it hardly spins while
// there are more of its threads than cores: when others take our cores, a team that sleeps stands
// by. Nothing is done for more threads than cores, nor where the environment says how to wait
// (OMP_WAIT_POLICY, GOMP_SPINCOUNT).
class Waiting {
 public:
  explicit Waiting(int threads);

  // Looks how long the team's threads waited for a core since it last did, at most ten times a
  // second. Always on the thread that starts the team's work.
  void adapt();

 private:
  int threads_;
  int standby_size_;  // of the sleeping team; 0 where nothing is done
  struct Look {
    Stopwatch time;
    double team_waited;  // seconds, until then
  };
  std::optional<Look> last_look_;
  std::jthread standby_;
};

}  // namespace qprompt::kernels
