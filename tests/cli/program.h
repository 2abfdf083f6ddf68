#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qprompt::testing {

struct ProgramOptions {
  std::vector<std::string> launcher{};               // a program that starts ours, with its flags
  std::map<std::string, std::string> environment{};  // beside the test's own
  std::optional<std::uint64_t> largest_file{};       // bytes; more is refused, as on a full disk
  bool file_limit_signals = false;                   // more than that is also a SIGXFSZ
  std::string interrupt_at{};                        // SIGINT once stderr has shown this
  int interrupt_signal = 2;                          // another one instead
  int interrupts = 1;                                // so many of it at once
  bool terminal = false;                             // stderr is a terminal, so progress is shown
  std::string stdin_path{};                          // a file in place of the test's own
  std::string stdout_path{};                         // a file or device in place of `out`
  std::string stderr_path{};                         // of `err`
  std::vector<int> closed{};                         // streams that are closed: 0, 1, 2
};

struct Outcome {
  int exit_code = 0;  // 128 + n where signal n ended the program
  std::string out, err;
};

// Whether this machine can make a terminal: a bare chroot or container may have no /dev/pts.
bool terminals_exist();

// Runs the built program to its end. A program that takes over a minute is killed.
Outcome run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace qprompt::testing
