#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include "qprompt/features/feature_store.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

// What several processes do to one folder. The parent forks first and opens last: LMDB forbids
// taking an open store through fork().
namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kChildren = 6, kBatches = 200, kBatch = 8, kKills = 20, kKilled = 0;
constexpr unsigned kHungSeconds = 60;
constexpr Index kEmbed = 96;

std::vector<Hash128> keys_of(int child, int batch) {
  std::vector<Hash128> keys;
  for (int r = 0; r < kBatch; ++r) {
    const auto number = static_cast<std::uint64_t>(batch) * kBatch + r + 1;
    keys.push_back({number * 0x9e3779b97f4a7c15u, static_cast<std::uint64_t>(child)});
  }
  return keys;
}

Matrix rows_of(int child, int batch) {
  Matrix rows(kBatch, kEmbed);
  for (Index i = 0; i < rows.size(); ++i) {
    rows.data()[i] = static_cast<float>((child * 389 + batch * 97 + i * 31) % 2039);
  }
  return rows;
}

// Throws Error where a row is found that is not right, or is not found and `must_be_there`.
void expect_batch(const FeatureStore& store, int child, int batch, bool must_be_there) {
  const auto keys = keys_of(child, batch);
  const Matrix rows = rows_of(child, batch);
  Matrix row(1, kEmbed);
  int count = 0;
  for (int r = 0; r < kBatch; ++r) {
    if (!store.find(keys[r], values_of(row))) continue;
    require(row == rows.row(r), "child ", child, ", batch ", batch, ": row ", r, " is wrong");
    ++count;
  }
  require(count == kBatch || !must_be_there, "child ", child, ", batch ", batch, ": only ", count,
          " rows are there");
}

// Runs `work` in a child, which ends with 0 where it throws nothing and ends in time.
template <typename Work>
pid_t forked(Work&& work) {
  const pid_t child = ::fork();
  require(child >= 0, "cannot fork");
  if (child > 0) return child;
  ::alarm(kHungSeconds);
  try {
    work();
    ::_exit(0);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    ::_exit(1);
  }
}

int waited(pid_t child) {
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

class FeatureStoreProcessesTest : public ::testing::Test {
 protected:
  // The batches that a child has reported as stored, each by a byte.
  fs::path report(int child) const { return reports_ / std::to_string(child); }
  int reported(int child) const {
    return fs::exists(report(child)) ? static_cast<int>(fs::file_size(report(child))) : 0;
  }

  // Goes on after the last batch that the child reported before it was killed.
  void append_and_verify(int child, int batches) const {
    const int file = ::open(report(child).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const auto store = FeatureStore::open(folder_.path());
    const int first = reported(child);
    for (int batch = 0; batch < first; ++batch) expect_batch(*store, child, batch, true);
    for (int batch = first; batch < first + batches; ++batch) {
      store->append(keys_of(child, batch), rows_of(child, batch));
      require(::write(file, "+", 1) == 1, "cannot report");
      expect_batch(*store, child, batch, true);
      const int other = (child + batch) % kChildren;
      const int known = reported(other);
      if (known > 0) expect_batch(*store, other, batch % known, true);
      expect_batch(*store, other, known, false);
    }
  }

  pid_t start(int child, int batches) const {
    return forked([&] { append_and_verify(child, batches); });
  }

  testing::TemporaryFolder folder_, reports_;
};

TEST_F(FeatureStoreProcessesTest, AProcessThatIsKilledLosesNothingAndBlocksNobody) {
  std::mt19937 random(7);
  std::vector<pid_t> others;
  for (int child = 0; child < kChildren; ++child) {
    if (child != kKilled) others.push_back(start(child, kBatches));
  }
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t killed = start(kKilled, 1 << 20);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40000));
    ::kill(killed, SIGKILL);
    const int status = waited(killed);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "run " << kill;
  }
  for (const pid_t other : others) EXPECT_EQ(waited(other), 0);
  EXPECT_EQ(waited(start(kKilled, 1)), 0) << "a new process cannot write";

  const auto store = FeatureStore::open(folder_.path());
  EXPECT_GE(reported(kKilled), 1);
  for (int child = 0; child < kChildren; ++child) {
    if (child != kKilled) {
      EXPECT_EQ(reported(child), kBatches);
    }
    for (int batch = 0; batch < reported(child); ++batch) expect_batch(*store, child, batch, true);
  }
}

TEST_F(FeatureStoreProcessesTest, ProcessesThatAreKilledWhileTheyOpenLeaveAStoreThatOpens) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    std::array<pid_t, 3> children;
    for (std::size_t i = 0; i < children.size(); ++i) {
      children[i] = start(static_cast<int>(i), 1 << 20);
    }
    for (const pid_t child : children) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 1500));
      ::kill(child, SIGKILL);
      const int status = waited(child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "round " << round;
    }
  }
  const auto store = FeatureStore::open(folder_.path());
  for (int child = 0; child < 3; ++child) {
    for (int batch = 0; batch < reported(child); ++batch) expect_batch(*store, child, batch, true);
  }
}

// Two pipes that let a parent and its child take turns.
class Turns {
 public:
  Turns() { require(::pipe(to_child_) == 0 && ::pipe(to_parent_) == 0, "cannot make pipes"); }
  ~Turns() {
    for (const int end : {to_child_[0], to_child_[1], to_parent_[0], to_parent_[1]}) ::close(end);
  }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  void call_child() { require(::write(to_child_[1], "+", 1) == 1, "cannot call"); }
  void call_parent() { require(::write(to_parent_[1], "+", 1) == 1, "cannot call"); }
  void wait_for_parent() { wait(to_child_[0]); }
  void wait_for_child() { wait(to_parent_[0]); }

 private:
  static void wait(int end) {
    char byte;
    require(::read(end, &byte, 1) == 1, "nobody called");
  }
  int to_child_[2], to_parent_[2];
};

TEST_F(FeatureStoreProcessesTest, AStoreGrowsBeyondTheLimitOfAProcessThatReadsIt) {
  Turns turns;
  const Matrix large = Matrix::Constant(1000, 1000, 0.5f);
  const pid_t child = forked([&] {
    turns.wait_for_parent();
    const auto store = FeatureStore::open(folder_.path());
    store->put_matrix({1, 1}, large);
    turns.call_parent();
    turns.wait_for_parent();
    expect_batch(*store, 1, 1, true);
  });
  const auto store = FeatureStore::open(folder_.path(), 1 << 20);
  store->append(keys_of(1, 1), rows_of(1, 1));
  turns.call_child();
  turns.wait_for_child();
  EXPECT_EQ(store->find_matrix({1, 1}), large);
  expect_batch(*store, 1, 1, true);
  EXPECT_THAT(testing::error_of([&] { store->put_matrix({1, 2}, large); }), HasSubstr("1 MiB"));
  turns.call_child();
  EXPECT_EQ(waited(child), 0);
}

// Takes slots among the store's readers until there are no more, and leaves them taken.
void take_slots(const fs::path& file) {
  MDB_env* environment;
  MDB_txn* transaction;
  mdb_env_create(&environment);
  mdb_env_set_mapsize(environment, 1 << 30);
  require(mdb_env_open(environment, file.c_str(), MDB_NOSUBDIR | MDB_NOTLS, 0600) == 0, "not open");
  while (mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction) == 0) continue;
}

TEST_F(FeatureStoreProcessesTest, SlotsOfReadersThatWereKilledAreTakenBack) {
  Turns turns;
  const pid_t hoarder = forked([&] {
    FeatureStore::open(folder_.path())->append(keys_of(1, 1), rows_of(1, 1));
    take_slots(folder_ / "features.lmdb");
    turns.call_parent();
    ::pause();
  });
  turns.wait_for_child();
  EXPECT_THAT(testing::error_of([&] { FeatureStore::open(folder_.path()); }),
              HasSubstr("MDB_READERS_FULL"));
  ::kill(hoarder, SIGKILL);
  waited(hoarder);
  expect_batch(*FeatureStore::open(folder_.path()), 1, 1, true);
}

}  // namespace
}  // namespace qprompt
