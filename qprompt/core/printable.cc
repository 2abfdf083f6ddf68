#include "qprompt/core/printable.h"

#include <cstdint>

namespace qprompt {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Of the UTF-8 sequence that `text` begins with; 0 for none. Overlong forms, surrogates and what is
// beyond U+10FFFF are told by the second byte.
std::size_t sequence_length(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  const std::uint8_t second = byte_at(text, 1);
  const bool is_character = !(first == 0xE0 && second < 0xA0) &&
                            !(first == 0xED && second > 0x9F) &&
                            !(first == 0xF0 && second < 0x90) && !(first == 0xF4 && second > 0x8F);
  return is_character ? length : 0;
}

// C0, DEL, and C1, which UTF-8 writes as C2 80 .. C2 9F.
bool is_control(std::string_view sequence) {
  const std::uint8_t first = byte_at(sequence, 0);
  if (sequence.size() == 2) return first == 0xC2 && byte_at(sequence, 1) < 0xA0;
  return sequence.size() == 1 && (first < 0x20 || first == 0x7F);
}

void append_escaped(std::string_view bytes, std::string& text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += "\\x";
    text += kDigits[byte_at(bytes, i) >> 4];
    text += kDigits[byte_at(bytes, i) & 15];
  }
}

}  // namespace

std::string escaped(std::string_view text, LineEnds line_ends) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    const bool stays = sequence == "\t" || (sequence == "\n" && line_ends == LineEnds::kKept);
    if (length == 0 || (is_control(sequence) && !stays)) {
      append_escaped(sequence, result);
    } else {
      result += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return result;
}

std::string printable(std::string_view text, std::size_t longest) {
  // Cut first: a name of megabytes need not be escaped to be shortened.
  if (text.size() <= longest) return escaped(text);
  std::size_t head = longest / 2, tail = text.size() - longest / 2;
  while (head > 0 && is_continuation(byte_at(text, head))) --head;
  while (tail < text.size() && is_continuation(byte_at(text, tail))) ++tail;
  return escaped(text.substr(0, head)) + "..." + escaped(text.substr(tail));
}

}  // namespace qprompt
