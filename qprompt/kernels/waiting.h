#pragma once

#include <optional>
#include <thread>

#include "qprompt/core/stopwatch.h"

namespace qprompt::kernels {

// How the threads of a team wait for one another. Spinning is quickest where each has a core of its
// own; on a machine that does other work too, it burns the core that the late one would run on.
// GCC's OpenMP takes its policy from the environment when it is loaded, but it hardly spins while
// there are more of its threads than cores: when the machine is busy, a team that sleeps stands by.
// Nothing is done for more threads than cores, nor where the environment says how to wait
// (OMP_WAIT_POLICY, GOMP_SPINCOUNT).
class Waiting {
 public:
  explicit Waiting(int threads);

  // Looks how busy the machine is, at most every few milliseconds. On one thread at a time.
  void adapt();

 private:
  void look();

  int threads_, cores_;
  bool is_ours_;  // to say how to wait
  std::optional<Stopwatch> since_look_;
  double others_ = 0;  // threads beside this one that ran or wanted to, of late
  std::jthread standby_;
};

}  // namespace qprompt::kernels
