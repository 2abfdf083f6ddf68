#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>

namespace qprompt::cli {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::optional<TerminalSize> terminal_size(int stream) {
  winsize size{};
  if (::ioctl(stream, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return std::nullopt;
  return TerminalSize{size.ws_row, size.ws_col};
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::string cut_to(std::string text, int columns) {
  int left = columns + 1;
  const auto end =
      std::ranges::find_if(text, [&](char c) { return starts_character(c) && --left == 0; });
  text.erase(end, text.end());
  return text;
}

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace qprompt::cli
