#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qprompt::testing {

struct ProgramOptions {
  std::map<std::string, std::string> environment{};  // beside the test's own
  std::optional<std::uint64_t> largest_file{};       // bytes; more is refused, as on a full disk
  std::string interrupt_at{};                        // SIGINT once stderr has shown this
  bool terminal = false;                             // stderr is a terminal, so progress is shown
  std::string stdout_path{};                         // a file or device in place of `out`
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
