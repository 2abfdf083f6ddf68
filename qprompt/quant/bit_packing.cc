#include "qprompt/quant/bit_packing.h"

#include <limits>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

void require_bits(int bits) {
  require(bits >= 1 && bits <= 8, "bit packing: ", bits, " bits a value, expected 1..8");
}

}  // namespace

std::size_t packed_size(std::size_t count, int bits) {
  require_bits(bits);
  require(count <= std::numeric_limits<std::size_t>::max() / 8 - 1, "packed_size: ", count,
          " codes, more than memory can hold");
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

std::vector<std::byte> pack_codes(std::span<const std::uint8_t> codes, int bits) {
  std::vector<std::byte> packed(packed_size(codes.size(), bits));
  std::uint32_t pending = 0;
  int pending_bits = 0;
  std::size_t at = 0;
  for (const std::uint8_t code : codes) {
    require(code >> bits == 0, "pack_codes: code ", int{code}, ", expected ", bits, " bits");
    pending |= std::uint32_t{code} << pending_bits;
    for (pending_bits += bits; pending_bits >= 8; pending_bits -= 8, pending >>= 8) {
      packed[at++] = static_cast<std::byte>(pending & 0xFF);
    }
  }
  if (pending_bits > 0) packed[at] = static_cast<std::byte>(pending & 0xFF);
  return packed;
}

std::vector<std::uint8_t> unpack_codes(std::span<const std::byte> packed, std::size_t count,
                                       int bits) {
  require(packed.size() == packed_size(count, bits), "unpack_codes: ", packed.size(),
          " bytes, expected ", packed_size(count, bits), " for ", count, " codes of ", bits,
          " bits");
  std::vector<std::uint8_t> codes(count);
  const std::uint32_t mask = (1U << bits) - 1;
  std::uint32_t pending = 0;
  int pending_bits = 0;
  std::size_t at = 0;
  for (std::uint8_t& code : codes) {
    if (pending_bits < bits) {
      pending |= std::to_integer<std::uint32_t>(packed[at++]) << pending_bits;
      pending_bits += 8;
    }
    code = static_cast<std::uint8_t>(pending & mask);
    pending >>= bits;
    pending_bits -= bits;
  }
  return codes;
}

}  // namespace qprompt
