#include "cli/stdin_lines.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "cli/interrupt.h"
#include "qprompt/core/error.h"

namespace qprompt::cli {
namespace {

// A signal ends the wait; one that came just before it is seen a second later.
void wait_for_stdin() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  do {
    if (interrupted()) throw Interrupted();
  } while (::poll(&input, 1, 1000) <= 0);
}

}  // namespace

std::optional<std::string> StdinLines::next() {
  std::size_t seen = 0;
  for (;;) {
    const std::size_t end = waiting_.find('\n', seen);
    if (end != std::string::npos) return take(end);
    seen = waiting_.size();
    if (!fill()) break;
  }
  if (waiting_.empty()) return std::nullopt;
  return take(waiting_.size());
}

// The line of this length, and its end with it.
std::optional<std::string> StdinLines::take(std::size_t length) {
  std::string line = waiting_.substr(0, length);
  waiting_.erase(0, length + 1);
  return line;
}

bool StdinLines::fill() {
  std::array<char, 65536> buffer;
  wait_for_stdin();
  const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  require(count >= 0, "stdin: cannot be read: ", std::strerror(errno));
  waiting_.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace qprompt::cli
