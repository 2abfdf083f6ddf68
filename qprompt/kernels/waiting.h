#pragma once

#include <functional>
#include <thread>

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

  // Does `work` of the team, and looks what happened to this process's threads meanwhile; after
  // every tenth of a second of work it chooses. Works of less than 25 ms do not count: a server
  // that gets them one by one interrupts its team itself, with the threads that hand them over. On
  // one thread at a time.
  void watch(const std::function<void()>& work);

 private:
  void adapt(double preemptions_a_second);

  int threads_;
  int standby_size_;  // of the sleeping team; 0 where nothing is done
  struct {
    long preemptions = 0;
    double seconds = 0;
  } watched_;  // since the last choice
  std::jthread standby_;
};

}  // namespace qprompt::kernels
