#include "qprompt/core/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace qprompt {
namespace {

TEST(ThreadPool, DoesEveryPieceOnce) {
  ThreadPool pool(3);
  std::vector<int> done(1000);
  pool.for_each(done.size(), [&](std::size_t i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(1000, 1));
  pool.for_each(0, [](std::size_t) { FAIL(); });
}

TEST(ThreadPool, ThrowsWhatTheFirstPieceOfThoseThatFailedThrew) {
  ThreadPool pool(4);
  for (int attempt = 0; attempt < 50; ++attempt) {
    std::atomic<int> done{0};
    try {
      pool.for_each(20, [&](std::size_t i) {
        ++done;
        if (i == 7 || i == 13) throw std::runtime_error(std::to_string(i));
      });
      FAIL() << "expected an exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "7");
    }
    EXPECT_EQ(done, 20);
  }
}

TEST(ThreadPool, HasNoMoreThreadsForManyCallers) {
  ThreadPool pool(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      pool.for_each(50, [&](std::size_t) {
        const std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_LE(threads.size(), 2u);
}

TEST(ThreadPool, AJobGoingOutOfScopeWaitsForItsWork) {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  {
    const ThreadPool::Job job = pool.start(10, [&](std::size_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++done;
    });
  }
  EXPECT_EQ(done, 10);
}

TEST(WorkerThread, DoesTheWorkOfAllCallersOnOneThread) {
  WorkerThread worker;
  std::set<std::thread::id> threads;  // without a lock: one thread alone touches it
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        worker.run([&] { threads.insert(std::this_thread::get_id()); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(WorkerThread, DoesWorkWithinWorkAtOnceAndThrowsWhatItThrew) {
  WorkerThread worker;
  bool inner = false;
  worker.run([&] { worker.run([&] { inner = true; }); });
  EXPECT_TRUE(inner);
  EXPECT_THROW(worker.run([] { throw std::runtime_error("inside"); }), std::runtime_error);
  EXPECT_NO_THROW(worker.run([] {}));
}

}  // namespace
}  // namespace qprompt
