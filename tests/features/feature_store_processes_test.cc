// Six processes on one store, one of them killed again and again.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "qprompt/core/half.h"
#include "qprompt/core/random.h"
#include "qprompt/features/feature_store.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr Index kEmbed = 64, kBatch = 4;
constexpr int kWorkers = 6, kKills = 20, kBatches = 150;

Matrix rows_of(std::uint64_t worker, std::uint64_t batch) {
  return Random(worker, batch).normal_matrix(kBatch, kEmbed, 1.0).unaryExpr(&half_rounded);
}

std::vector<Hash128> keys_of(std::uint64_t worker, std::uint64_t batch) {
  std::vector<Hash128> keys;
  for (std::uint64_t i = 0; i < kBatch; ++i) keys.push_back({worker, kBatch * batch + i});
  return keys;
}

// Whether the batch is there, and as it was written.
bool holds(const FeatureStore& store, std::uint64_t worker, std::uint64_t batch) {
  const Matrix expected = rows_of(worker, batch);
  const std::vector<Hash128> keys = keys_of(worker, batch);
  for (Index i = 0; i < kBatch; ++i) {
    Matrix row(1, kEmbed);
    if (!store.find(keys[static_cast<std::size_t>(i)], values_of(row))) return false;
    if (row != Matrix(expected.row(i))) return false;
  }
  return true;
}

// A process of its own that writes batches from `first` on, looks at what it and its neighbour
// wrote, and says in `journal` what it has committed.
pid_t start_worker(const fs::path& folder, std::uint64_t worker, std::uint64_t first,
                   std::uint64_t end, const fs::path& journal) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    const auto store = FeatureStore::open(folder);
    std::ofstream committed(journal, std::ios::app);
    for (std::uint64_t batch = first; batch < end; ++batch) {
      store->append(keys_of(worker, batch), rows_of(worker, batch));
      committed << batch << std::endl;
      if (!holds(*store, worker, batch / 2)) _exit(2);
    }
    _exit(0);
  } catch (...) {
    _exit(3);
  }
}

std::vector<std::uint64_t> committed(const fs::path& journal) {
  std::ifstream lines(journal);
  std::vector<std::uint64_t> batches;
  // A line that was cut off by a kill may lack digits: only whole ones count.
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    batches.push_back(std::stoull(line));
  }
  return batches;
}

int exit_code(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(FeatureStoreProcesses, LoseNothingAndLeaveNoLockWhenOneIsKilledAgainAndAgain) {
  const testing::TemporaryFolder folder;
  const auto journal = [&](int worker) { return folder / ("journal" + std::to_string(worker)); };
  std::vector<pid_t> workers;
  for (int w = 1; w < kWorkers; ++w) {
    workers.push_back(start_worker(folder / "cache", w, 0, kBatches, journal(w)));
  }
  std::uint64_t next = 0;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    const pid_t victim = start_worker(folder / "cache", 0, next, next + 1000000, journal(0));
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * (kill_number % 5)));
    kill(victim, SIGKILL);
    ASSERT_EQ(exit_code(victim), -SIGKILL);
    const std::vector<std::uint64_t> done = committed(journal(0));
    if (!done.empty()) next = done.back() + 1;
  }
  for (const pid_t worker : workers) EXPECT_EQ(exit_code(worker), 0);

  const auto store = FeatureStore::open(folder / "cache");
  EXPECT_GT(next, 20u) << "the victim should have come to something between its deaths";
  for (int w = 0; w < kWorkers; ++w) {
    const std::vector<std::uint64_t> done = committed(journal(w));
    EXPECT_GE(std::ssize(done), w == 0 ? 1 : kBatches);
    for (const std::uint64_t batch : done) {
      EXPECT_TRUE(holds(*store, w, batch)) << "worker " << w << ", batch " << batch;
    }
  }
  store->append(keys_of(99, 0), rows_of(99, 0));  // no lock stays
  EXPECT_TRUE(holds(*store, 99, 0));
}

}  // namespace
}  // namespace qprompt
