#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace qprompt::cli {

struct TerminalSize {
  int rows = 0, columns = 0;
};
// Of the terminal that a stream (STDERR_FILENO) leads to; nothing where it leads elsewhere, or the
// terminal does not say.
std::optional<TerminalSize> terminal_size(int stream);

// How many characters of UTF-8 there are.
std::size_t width_of(const std::string& text);
// At most the first `columns` of them: a longer line would wrap and could not be renewed.
std::string cut_to(std::string text, int columns);

// "12 s", "3:05"
std::string duration_text(double seconds);

}  // namespace qprompt::cli
