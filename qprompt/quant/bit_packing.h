#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qprompt {

// b-bit codes one after another, least significant bit first, the last byte filled with zeros.
std::size_t packed_size(std::size_t count, int bits);  // bytes: ceil(count * bits / 8)
std::vector<std::byte> pack_codes(std::span<const std::uint8_t> codes, int bits);
std::vector<std::uint8_t> unpack_codes(std::span<const std::byte> packed, std::size_t count,
                                       int bits);

}  // namespace qprompt
