#include "cli/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>

#include "cli/console.h"

namespace qprompt::cli {
namespace {

volatile std::sig_atomic_t signals_seen = 0;
timespec first_seen{};  // touched in the handler alone

double seconds_since_first() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec - first_seen.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec - first_seen.tv_nsec);
}

void acknowledge() {
  constexpr std::string_view kLine =
      "\nqprompt: stopping, what is finished is kept; again, a second later, ends it at once\n";
  const int error = errno;
  static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
  errno = error;
}

// Calls only what a signal handler may.
void remember(int signal) {
  const int seen = signals_seen;
  signals_seen = seen + 1;
  if (seen == 0) {
    ::clock_gettime(CLOCK_MONOTONIC, &first_seen);
    if (!console_is_silent()) acknowledge();
  } else if (seen > 1 || seconds_since_first() > 1) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

void watch_interrupts() {
  signals_seen = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) {
    ::sigaddset(&action.sa_mask, signal);  // one handler at a time
  }
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

bool interrupted() { return signals_seen != 0; }

}  // namespace qprompt::cli
