#include "qprompt/run/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;

class RunLocks : public ::testing::Test {
 protected:
  // A process that holds the run's lock until it is killed; it has it when this returns.
  pid_t holder() const {
    int ready[2];
    require(::pipe(ready) == 0, "no pipe");
    const pid_t process = ::fork();
    if (process == 0) {
      const auto lock = RunLock::try_lock(run);
      const char answer = lock ? 'y' : 'n';
      static_cast<void>(!::write(ready[1], &answer, 1));
      while (true) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
    return process;
  }
  static void kill(pid_t process) {
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }

  testing::TemporaryFolder folder;
  const fs::path run = folder / "records/a run";
};

TEST_F(RunLocks, AreHeldByOne) {
  auto lock = RunLock::try_lock(run);
  ASSERT_TRUE(lock.has_value());
  EXPECT_FALSE(RunLock::try_lock(run).has_value());
  EXPECT_TRUE(RunLock::try_lock(folder / "records/another").has_value());
  lock.reset();
  EXPECT_TRUE(RunLock::try_lock(run).has_value());
}

TEST_F(RunLocks, AreSeenByWhoeverAsksAndAskingLocksNothing) {
  EXPECT_FALSE(RunLock::is_held(run));
  EXPECT_FALSE(fs::exists(run));
  {
    const auto lock = RunLock::try_lock(run);
    EXPECT_TRUE(RunLock::is_held(run));
    EXPECT_TRUE(RunLock::is_held(run));
  }
  EXPECT_FALSE(RunLock::is_held(run));
}

TEST_F(RunLocks, LeaveNothingBehind) {
  RunLock::try_lock(run);
  EXPECT_TRUE(fs::is_empty(run));
}

TEST_F(RunLocks, GoWithTheProcessThatIsKilled) {
  const pid_t process = holder();
  EXPECT_TRUE(RunLock::is_held(run));
  EXPECT_FALSE(RunLock::try_lock(run).has_value());
  kill(process);
  EXPECT_FALSE(RunLock::is_held(run));
  EXPECT_TRUE(RunLock::try_lock(run).has_value());
}

TEST_F(RunLocks, GoWithTheirOwner) {
  auto first = RunLock::try_lock(run);
  RunLock second = std::move(*first);
  first.reset();
  EXPECT_TRUE(RunLock::is_held(run));
  second = *RunLock::try_lock(folder / "records/another");
  EXPECT_FALSE(RunLock::is_held(run));
  EXPECT_TRUE(RunLock::is_held(folder / "records/another"));
}

// A lock whose file another has just removed would be held beside the next one's.
TEST_F(RunLocks, AreNeverHeldByTwoWhileFilesComeAndGo) {
  std::atomic<int> holding = 0, taken = 0;
  std::atomic<bool> twice = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const auto lock = RunLock::try_lock(run);
        if (!lock) continue;
        if (++holding > 1) twice = true;
        ++taken;
        --holding;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(twice);
  EXPECT_GT(taken, 0);
}

TEST_F(RunLocks, ThatCannotBeMadeAreErrors) {
  folder.file("file", "");
  EXPECT_THAT(error_of([&] { RunLock::try_lock(folder / "file"); }), HasSubstr("file"));
  fs::create_directories(run / "run.lock");
  EXPECT_THAT(error_of([&] { RunLock::try_lock(run); }),
              HasSubstr("run.lock: cannot write: Is a directory"));
  EXPECT_FALSE(RunLock::is_held(folder / "file"));
}

}  // namespace
}  // namespace qprompt
