#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace qprompt {

// A caller's `stop` for threads that decode: never asked by two of them at once.
inline std::function<bool()> one_at_a_time(std::function<bool()> stop) {
  if (!stop) return stop;
  return [mutex = std::make_shared<std::mutex>(), stop = std::move(stop)] {
    const std::scoped_lock lock(*mutex);
    return stop();
  };
}

}  // namespace qprompt
