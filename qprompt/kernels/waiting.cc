#include "qprompt/kernels/waiting.h"

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "qprompt/kernels/parallel.h"

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

// Seconds that this thread could have run and waited for a core, since it began; 0 where the kernel
// does not count them.
double waited_for_a_core() {
  std::ifstream schedstat("/proc/thread-self/schedstat");  // nanoseconds it ran, and waited
  double ran = 0, waited = 0;
  return schedstat >> ran >> waited ? 1e-9 * waited : 0.0;
}

double team_waited(int threads) {
  std::vector<double> waited(static_cast<std::size_t>(threads));
  parallel_for(threads, threads, 0, [&](Index thread, Index) {
    waited[static_cast<std::size_t>(thread)] = waited_for_a_core();
  });
  return std::accumulate(waited.begin(), waited.end(), 0.0);
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

// On a quiet machine a team waits for a hundredth of its time, in a server, whose other threads are
// short of work, for a twenty-fifth; beside a single other program for a fourth and more, whether
// it spins or sleeps.
void Waiting::adapt() {
  constexpr double kSeconds = 0.1, kBusy = 0.18, kQuiet = 0.1;
  if (standby_size_ == 0 || (last_look_ && last_look_->time.seconds() < kSeconds)) return;
  const double waited = team_waited(threads_);
  const auto before = std::exchange(last_look_, Look{{}, waited});
  if (!before) return;
  const double share = (waited - before->team_waited) / (before->time.seconds() * threads_);
  const bool sleeps = standby_.joinable();
  if (!sleeps && share > kBusy) standby_ = sleeping_team(standby_size_);
  if (sleeps && share < kQuiet) standby_ = {};
}

}  // namespace qprompt::kernels
