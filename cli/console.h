#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

// All that the program says goes through here: nothing that names in it hold reaches a terminal as
// a command.
namespace qprompt::cli {

// Stands ready for standard streams that are closed or break: what cannot be written is an error
// of the call, and no file is opened in their place.
void prepare_streams();

// Whether this process shall say nothing more: of several ranks one talks.
void silence_console(bool silent);
bool console_is_silent();

// As it is. Throws Error where stdout cannot be written; a reader that has gone ends the program
// quietly, by SIGPIPE.
void write_stdout(std::string_view text);
// Throws Error where what was written to stdout has not arrived.
void finish_stdout();
// As it is. Nobody could be told that stderr cannot be written: that is not looked at.
void write_stderr(std::string_view text);
// One printable line, cut where it is very long.
void write_stderr_line(std::string_view line);

// Text of one or more lines on stdout.
void print_text(std::string_view text);
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  print_text(fmt::format(format, std::forward<Args>(args)...));
}

// A line on stderr.
template <typename... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  write_stderr_line(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace qprompt::cli
