#include "tests/cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{60};

// What the program writes to one of its streams.
class Stream {
 public:
  explicit Stream(bool terminal) {
    const int made =
        terminal ? ::openpty(&reader_, &writer_, nullptr, nullptr, nullptr) : ::pipe(ends_.data());
    require(made == 0, "no pipe for the program's output");
    if (!terminal) std::tie(reader_, writer_) = std::pair(ends_[0], ends_[1]);
    ::fcntl(reader_, F_SETFD, FD_CLOEXEC);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    ::close(reader_);
    close_writer();
  }

  int writer() const { return writer_; }
  void close_writer() {
    if (writer_ >= 0) ::close(std::exchange(writer_, -1));
  }

  bool is_open() const { return open_; }
  pollfd to_poll() const { return {open_ ? reader_ : -1, POLLIN, 0}; }
  // A terminal whose last writer is gone answers with an error: the end, as of a pipe.
  void read_some() {
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(reader_, buffer.data(), buffer.size());
    if (count > 0) text_.append(buffer.data(), static_cast<std::size_t>(count));
    open_ = count > 0;
  }
  const std::string& text() const { return text_; }

 private:
  std::array<int, 2> ends_{};
  int reader_ = -1, writer_ = -1;
  bool open_ = true;
  std::string text_;
};

void limit_files(std::uint64_t bytes, bool signals) {
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  if (!signals) ::signal(SIGXFSZ, SIG_IGN);  // the write fails, as on a full disk
}

[[noreturn]] void become_program(const std::vector<std::string>& arguments,
                                 const ProgramOptions& options, const Stream& out,
                                 const Stream& err) {
  if (!options.stdin_path.empty()) {
    ::dup2(::open(options.stdin_path.c_str(), O_RDONLY), STDIN_FILENO);
  }
  int stdout_file = out.writer();
  if (!options.stdout_path.empty()) stdout_file = ::open(options.stdout_path.c_str(), O_WRONLY);
  ::dup2(stdout_file, STDOUT_FILENO);
  int stderr_file = err.writer();
  if (!options.stderr_path.empty()) stderr_file = ::open(options.stderr_path.c_str(), O_WRONLY);
  ::dup2(stderr_file, STDERR_FILENO);
  for (const int stream : options.closed) ::close(stream);
  for (const auto& [name, value] : options.environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  if (options.largest_file) limit_files(*options.largest_file, options.file_limit_signals);
  std::vector<std::string> words = options.launcher;
  words.emplace_back(QPROMPT_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv.front(), argv.data());
  ::_exit(127);
}

void collect_output(pid_t process, const ProgramOptions& options, Stream& out, Stream& err) {
  bool to_interrupt = !options.interrupt_at.empty();
  const auto deadline = Clock::now() + kPatience;
  while (out.is_open() || err.is_open()) {
    std::array<pollfd, 2> waiting{out.to_poll(), err.to_poll()};
    ::poll(waiting.data(), waiting.size(), 100);
    if (waiting[0].revents != 0) out.read_some();
    if (waiting[1].revents != 0) err.read_some();
    if (to_interrupt && err.text().find(options.interrupt_at) != std::string::npos) {
      for (int i = 0; i < options.interrupts; ++i) ::kill(process, options.interrupt_signal);
      to_interrupt = false;
    }
    if (Clock::now() > deadline) ::kill(process, SIGKILL);
  }
}

int exit_code_of(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

bool terminals_exist() {
  const int made = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (made >= 0) ::close(made);
  return made >= 0;
}

Outcome run_program(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  Stream out(false), err(options.terminal);
  const pid_t process = ::fork();
  require(process >= 0, "fork failed");
  if (process == 0) become_program(arguments, options, out, err);
  out.close_writer();
  err.close_writer();
  collect_output(process, options, out, err);
  const int exit_code = exit_code_of(process);
  return {exit_code, out.text(), err.text()};
}

}  // namespace qprompt::testing
