#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// A quantized matrix as a file holds it: row by row one b-bit code a value (bit_packing.h), and the
// 2^b fp16 values that the codes stand for.
struct EncodedMatrix {
  Index rows = 0;
  Index cols = 0;
  int bits = 1;
  std::vector<std::uint16_t> codebook;  // fp16 bits, 2^bits of them
  std::vector<std::byte> codes;         // packed_size(rows * cols, bits) bytes

  bool operator==(const EncodedMatrix&) const = default;
};

// Throws Error where the sizes contradict each other.
Matrix decode(const EncodedMatrix& encoded);

// Bytes of codes and codebook.
std::size_t payload_size(const EncodedMatrix& encoded);

}  // namespace qprompt
