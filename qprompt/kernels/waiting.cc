#include "qprompt/kernels/waiting.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "qprompt/core/threads.h"

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

}  // namespace

Waiting::Waiting(int threads)
    : threads_(threads),
      cores_(static_cast<int>(std::thread::hardware_concurrency())),
      is_ours_(threads > 1 && threads <= cores_ && std::getenv("OMP_WAIT_POLICY") == nullptr &&
               std::getenv("GOMP_SPINCOUNT") == nullptr) {}

void Waiting::adapt() {
  constexpr double kSeconds = 0.02;
  if (!is_ours_ || (since_look_ && since_look_->seconds() < kSeconds)) return;
  look();
  since_look_.emplace();
}

void Waiting::look() {
  const std::optional<int> runnable = runnable_threads();
  if (!runnable) return;
  constexpr double kNew = 0.2;  // of an average that forgets in a tenth of a second
  const double others = *runnable - 1;
  others_ = since_look_ ? (1 - kNew) * others_ + kNew * others : others;
  // Half a thread's distance either way: a program that ends or starts is no change of policy.
  const double free_cores = cores_ - threads_;
  const bool sleeps = standby_.joinable();
  if (!sleeps && others_ > free_cores + 0.5) standby_ = sleeping_team(cores_ - threads_ + 2);
  if (sleeps && others_ < free_cores + 0.25) standby_ = {};
}

}  // namespace qprompt::kernels
