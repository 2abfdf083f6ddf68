#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace qprompt::python {

// Long work of the library on a thread of its own, while the thread that called from Python waits
// without the GIL, lets Python handle its signals, and calls back. Ctrl-C and what a callback
// raises end the work through the library's `stop`, and are raised once it has ended.
class Task {
 public:
  // What the work returns, or throws.
  template <typename Work>
  auto run(const Work& work) {
    using Result = std::invoke_result_t<Work>;
    std::optional<Result> result;
    finish([&] { result.emplace(work()); });
    return std::move(*result);
  }

  // For the work, from any of its threads: `call` on the caller's thread under the GIL, done on
  // return. Left out where the work is to end.
  void on_caller(const std::function<void()>& call);
  // Ends the work without an error.
  void end() { ends_ = true; }
  std::function<bool()> stop() {
    return [this] { return ends_.load(); };
  }

 private:
  void finish(const std::function<void()>& work);
  void serve();
  void attend(const std::function<void()>* call);

  std::atomic<bool> ends_ = false;
  std::exception_ptr raised_;  // by Python
  std::mutex turn_;            // one call at a time
  std::mutex mutex_;
  std::condition_variable changed_, answered_;
  const std::function<void()>* call_ = nullptr;
  bool done_ = false;
};

}  // namespace qprompt::python
