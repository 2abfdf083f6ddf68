#include "qprompt/core/finite.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace qprompt {

bool all_finite(std::span<const float> values) {
  constexpr std::size_t kWords = 1024;
  std::array<std::uint32_t, kWords> block{};
  std::uint32_t largest = 0;
  for (std::size_t first = 0; first < values.size(); first += kWords) {
    const std::size_t count = std::min(kWords, values.size() - first);
    std::memcpy(block.data(), values.data() + first, count * sizeof(float));
    for (std::size_t i = 0; i < kWords; ++i) largest = std::max(largest, block[i] & 0x7fffffffu);
  }
  return largest < 0x7f800000u;
}

}  // namespace qprompt
