#include "tests/run/killed_process.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace qprompt::testing {
namespace {

constexpr int kRefused = 3;

[[noreturn]] void be_watched(const std::function<void()>& work) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kRefused);
  ::raise(SIGSTOP);
  work();
  ::_exit(0);
}

}  // namespace

Ending run_and_kill(const std::function<void()>& work, std::size_t last) {
  const pid_t process = ::fork();
  if (process == 0) be_watched(work);
  int status = 0;
  ::waitpid(process, &status, 0);
  if (WIFEXITED(status)) return Ending::kUntraceable;
  // A stop before each call and one behind it.
  for (std::size_t stops = 0; stops <= 2 * last && !WIFEXITED(status); ++stops) {
    ::ptrace(PTRACE_SYSCALL, process, nullptr, nullptr);
    ::waitpid(process, &status, 0);
  }
  if (WIFEXITED(status)) return Ending::kDone;
  ::kill(process, SIGKILL);
  ::waitpid(process, &status, 0);
  return Ending::kKilled;
}

}  // namespace qprompt::testing
