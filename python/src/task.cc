#include "python/src/task.h"

#include <chrono>
#include <thread>

namespace qprompt::python {
namespace {

constexpr auto kBetweenSignals = std::chrono::milliseconds(50);

}  // namespace

void Task::on_caller(const std::function<void()>& call) {
  const std::lock_guard turn(turn_);
  std::unique_lock lock(mutex_);
  if (ends_) return;
  call_ = &call;
  changed_.notify_one();
  answered_.wait(lock, [&] { return call_ == nullptr; });
}

void Task::finish(const std::function<void()>& work) {
  std::exception_ptr failure;
  {
    const nanobind::gil_scoped_release release;
    std::thread worker([&] {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_one();
    });
    serve();
    worker.join();
  }
  if (raised_) std::rethrow_exception(raised_);
  if (failure) std::rethrow_exception(failure);
}

void Task::serve() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    changed_.wait_for(lock, kBetweenSignals, [&] { return done_ || call_ != nullptr; });
    if (done_) return;
    const auto* call = call_;
    lock.unlock();
    attend(call);
    lock.lock();
    if (call == nullptr) continue;
    call_ = nullptr;
    answered_.notify_one();
  }
}

void Task::attend(const std::function<void()>* call) {
  const nanobind::gil_scoped_acquire gil;
  try {
    if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
    if (call != nullptr && !ends_) (*call)();
  } catch (...) {
    if (!raised_) raised_ = std::current_exception();
    ends_ = true;
  }
}

}  // namespace qprompt::python
