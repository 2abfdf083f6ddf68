#include "cli/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "qprompt/core/error.h"
#include "qprompt/core/printable.h"

namespace qprompt::cli {
namespace {

bool is_silenced = false;

// A reader that has gone, as `head` does, has seen enough: the program ends without a word, as
// others do.
void require_stdout(bool written) {
  if (written) return;
  const int why = errno;
  if (why == EPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  fail("stdout: cannot be written: ", std::strerror(why));
}

}  // namespace

void prepare_streams() {
  // In the wrong direction, so that using them fails as it would have.
  const std::array directions{O_WRONLY, O_RDONLY, O_RDONLY};
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    const bool closed = ::fcntl(stream, F_GETFD) < 0 && errno == EBADF;
    if (closed) ::open("/dev/null", directions[static_cast<std::size_t>(stream)]);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // beyond `ulimit -f`
}

void silence_console(bool now) { is_silenced = now; }
bool console_is_silent() { return is_silenced; }

void write_stdout(std::string_view text) {
  if (is_silenced) return;
  require_stdout(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void finish_stdout() { require_stdout(std::fflush(stdout) == 0 && std::ferror(stdout) == 0); }

void write_stderr(std::string_view text) {
  if (is_silenced) return;
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

void write_stderr_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  write_stderr(printable(line) + "\n");
}

void print_text(std::string_view text) { write_stdout(escaped(text, LineEnds::kKept)); }

}  // namespace qprompt::cli
