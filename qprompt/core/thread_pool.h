#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace qprompt {

// A fixed number of threads that any number of callers share: callers wait, threads never multiply.
// The threads start when there is work for them.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  // Work that is under way. It borrows what it works on: going out of scope waits for its end.
  class Job {
   public:
    Job() = default;
    ~Job();
    Job(Job&&) noexcept = default;
    Job& operator=(Job&&) noexcept;

    // Throws what the call with the smallest number among those that failed threw.
    void wait();

   private:
    friend class ThreadPool;
    struct State;
    std::shared_ptr<State> state_;
  };

  // work(0) .. work(count - 1), shared out among the threads. Work waits for no other work.
  Job start(std::size_t count, std::function<void(std::size_t)> work);
  void for_each(std::size_t count, std::function<void(std::size_t)> work) {
    start(count, std::move(work)).wait();
  }
  bool runs_this_thread() const;

 private:
  struct Threads;
  int threads_;
  std::unique_ptr<Threads> pool_;
};

// One thread that does the work of any number of callers, one piece after another.
class WorkerThread {
 public:
  // Waits until `work` has been done, and throws what it threw. Asked from within the thread, the
  // work is done at once.
  void run(const std::function<void()>& work);

 private:
  ThreadPool pool_{1};
};

}  // namespace qprompt
