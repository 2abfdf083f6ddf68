#pragma once

#include <cstddef>
#include <functional>

namespace qprompt::testing {

enum class Ending { kDone, kKilled, kUntraceable };

// Does `work` in a process of its own that is killed before its system call number `last`, counted
// from 0. Untraceable: this machine does not let a process watch another.
Ending run_and_kill(const std::function<void()>& work, std::size_t last);

}  // namespace qprompt::testing
