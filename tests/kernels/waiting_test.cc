#include "qprompt/kernels/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>
#include <vector>

namespace qprompt::kernels {
namespace {

auto threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Threads that want every core, while it lives.
class BusyMachine {
 public:
  BusyMachine() {
    for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
      threads_.emplace_back([this] {
        while (!over_) ++turns_;
      });
    }
  }
  ~BusyMachine() { over_ = true; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<unsigned> turns_ = 0;
  std::vector<std::jthread> threads_;
};

// A team that sleeps waits for no core.
void work_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Whether a Waiting for a team of `threads` starts threads of its own.
bool starts_a_team_on_a_busy_machine(unsigned threads) {
  const BusyMachine busy;
  Waiting waiting(static_cast<int>(threads));
  const auto before = threads_of_this_process();
  for (int look = 0; look < 100 && threads_of_this_process() == before; ++look) {
    work_for(std::chrono::milliseconds(10));
    waiting.adapt();
  }
  return threads_of_this_process() > before;
}

const unsigned kCores = std::thread::hardware_concurrency();

void let_waiting_decide() {
  unsetenv("OMP_WAIT_POLICY");
  unsetenv("GOMP_SPINCOUNT");
}

TEST(Waiting, LetsATeamStandByWhereOtherWorkRuns) {
  if (kCores < 2) GTEST_SKIP() << "one core: nobody waits";
  let_waiting_decide();
  EXPECT_TRUE(starts_a_team_on_a_busy_machine(kCores));
}

TEST(Waiting, DoesNothingForOneThreadOrForMoreThanCores) {
  let_waiting_decide();
  EXPECT_FALSE(starts_a_team_on_a_busy_machine(1));
  EXPECT_FALSE(starts_a_team_on_a_busy_machine(kCores + 3));
}

TEST(Waiting, DoesNothingWhereTheEnvironmentSaysHowToWait) {
  setenv("OMP_WAIT_POLICY", "passive", 1);
  EXPECT_FALSE(starts_a_team_on_a_busy_machine(kCores));
}

}  // namespace
}  // namespace qprompt::kernels
