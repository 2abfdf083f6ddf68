#include "qprompt/core/thread_pool.h"

// Its queue is guarded by a mutex; fences beside that are for handlers of other kinds, and the
// thread sanitizer does not know them.
#define ASIO_DISABLE_FENCED_BLOCK
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>

#include "qprompt/core/threads.h"

namespace qprompt {

struct ThreadPool::Threads {
  const std::size_t count;
  std::once_flag started;
  std::optional<boost::asio::thread_pool> threads;

  boost::asio::thread_pool& get() {
    std::call_once(started, [&] {
      require_threads(static_cast<int>(count));
      threads.emplace(count);
    });
    return *threads;
  }
};

struct ThreadPool::Job::State {
  State(std::size_t count_in, std::function<void(std::size_t)> work_in)
      : count(count_in), work(std::move(work_in)) {}

  const std::size_t count;
  const std::function<void(std::size_t)> work;
  std::atomic<std::size_t> next{0};

  std::mutex mutex;  // guards what follows
  std::condition_variable all_done;
  std::size_t done = 0;
  std::size_t failed = std::numeric_limits<std::size_t>::max();  // the smallest that threw
  std::exception_ptr error;

  // Takes one piece after another until none is left.
  void drain() {
    for (std::size_t i; (i = next++) < count;) {
      std::exception_ptr thrown;
      try {
        work(i);
      } catch (...) {
        thrown = std::current_exception();
      }
      finish(i, std::move(thrown));
    }
  }

  void finish(std::size_t i, std::exception_ptr thrown) {
    const std::scoped_lock lock(mutex);
    if (thrown != nullptr && i < failed) {
      failed = i;
      error = std::move(thrown);
    }
    if (++done == count) all_done.notify_all();
  }

  void wait() {
    std::unique_lock lock(mutex);
    all_done.wait(lock, [&] { return done == count; });
  }
};

ThreadPool::Job::~Job() {
  if (state_ != nullptr) state_->wait();
}

ThreadPool::Job& ThreadPool::Job::operator=(Job&& other) noexcept {
  if (state_ != nullptr) state_->wait();
  state_ = std::move(other.state_);
  return *this;
}

void ThreadPool::Job::wait() {
  if (state_ == nullptr) return;
  const std::shared_ptr<State> state = std::move(state_);
  state->wait();
  // Out of the state, whose last owner may be a thread of the pool.
  if (const auto error = std::move(state->error)) std::rethrow_exception(error);
}

ThreadPool::ThreadPool(int threads)
    : threads_(threads), pool_(new Threads{static_cast<std::size_t>(threads), {}, {}}) {}
ThreadPool::~ThreadPool() = default;

ThreadPool::Job ThreadPool::start(std::size_t count, std::function<void(std::size_t)> work) {
  Job job;
  job.state_ = std::make_shared<Job::State>(count, std::move(work));
  const std::size_t helpers = std::min(count, static_cast<std::size_t>(threads_));
  for (std::size_t t = 0; t < helpers; ++t) {
    boost::asio::post(pool_->get(), [state = job.state_] { state->drain(); });
  }
  return job;
}

bool ThreadPool::runs_this_thread() const {
  return pool_->get().get_executor().running_in_this_thread();
}

void WorkerThread::run(const std::function<void()>& work) {
  if (pool_.runs_this_thread()) return work();
  pool_.for_each(1, [&](std::size_t) { work(); });
}

}  // namespace qprompt
