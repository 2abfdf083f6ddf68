#pragma once

#include <string>
#include <string_view>

namespace qprompt {

// Bits a value for each kind of matrix, 1..8.
struct BitsPerKind {
  static constexpr int kAuto = 0;  // to be chosen on validation images

  int context = 1;     // vectors that stand among tokens
  int projection = 1;  // weight matrices

  bool has_auto() const { return context == kAuto || projection == kAuto; }
  bool operator==(const BitsPerKind&) const = default;
};

// "4" for every kind, or "ctx=1,projection=4", where a kind that is missing has 1 bit. "auto" may
// stand for a number. Throws Error for anything else.
BitsPerKind parse_bits(std::string_view text);

// The shortest text that parse_bits() reads as `bits`.
std::string bits_text(const BitsPerKind& bits);

}  // namespace qprompt
