#include "qprompt/kernels/waiting.h"

#include <sys/resource.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "qprompt/core/stopwatch.h"

namespace qprompt::kernels {
namespace {

// OpenMP threads that sleep until they are asked to stop.
std::jthread sleeping_team(int size) {
  return std::jthread([size](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
#pragma omp parallel num_threads(size)
    {
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
    }
  });
}

// How often the system took a core from a thread of this process that could have gone on: what
// other work does to a team. (Counting runnable threads would count our own that spin.)
long preemptions() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

// As many threads as make more than there are cores, and the one that starts them.
int standby_size(int threads) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  const bool is_said =
      std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
  return threads > 1 && threads <= cores && !is_said ? cores - threads + 2 : 0;
}

}  // namespace

Waiting::Waiting(int threads) : threads_(threads), standby_size_(standby_size(threads)) {}

void Waiting::watch(const std::function<void()>& work) {
  constexpr double kShort = 0.025, kSeconds = 0.1;
  if (standby_size_ == 0) return work();
  const long before = preemptions();
  const Stopwatch stopwatch;
  work();
  const double seconds = stopwatch.seconds();
  if (seconds < kShort) return;
  watched_.preemptions += preemptions() - before;
  watched_.seconds += seconds;
  if (watched_.seconds < kSeconds) return;
  adapt(static_cast<double>(watched_.preemptions) / watched_.seconds);
  watched_ = {};
}

// A second of a quiet machine has some twenty for each thread, whether they spin or sleep. A single
// other program adds a hundred and more where they spin, and many hundreds where they sleep.
void Waiting::adapt(double preemptions_a_second) {
  constexpr double kQuietOfThread = 25, kOfOthers = 60;
  const double of_others = preemptions_a_second - kQuietOfThread * threads_;
  const bool sleeps = standby_.joinable();
  if (!sleeps && of_others > kOfOthers) standby_ = sleeping_team(standby_size_);
  if (sleeps && of_others < 0.5 * kOfOthers) standby_ = {};
}

}  // namespace qprompt::kernels
