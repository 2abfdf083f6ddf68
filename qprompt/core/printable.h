#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "qprompt/core/export.h"

namespace qprompt {

// Names come from files, and files from anywhere: what a terminal would take for a command, or what
// is no UTF-8, becomes \x1b. Tabs and, where they are `kept`, line ends stay.
enum class LineEnds { kEscaped, kKept };
QPROMPT_API std::string escaped(std::string_view text, LineEnds line_ends = LineEnds::kEscaped);

// The same, and no longer than about `longest` bytes: "..." stands for the middle.
constexpr std::size_t kLongestMessage = 1000;
QPROMPT_API std::string printable(std::string_view text, std::size_t longest = kLongestMessage);

}  // namespace qprompt
