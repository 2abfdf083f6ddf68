#include "qprompt/quant/encoded_matrix.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/core/half.h"
#include "qprompt/quant/bit_packing.h"

namespace qprompt {

Matrix decode(const EncodedMatrix& encoded) {
  require(encoded.rows >= 0 && encoded.cols >= 0, "decode: ", encoded.rows, " x ", encoded.cols,
          " values");
  const auto count =
      static_cast<std::size_t>(encoded.rows) * static_cast<std::size_t>(encoded.cols);
  const std::vector<std::uint8_t> codes = unpack_codes(encoded.codes, count, encoded.bits);
  require(encoded.codebook.size() == std::size_t{1} << encoded.bits, "decode: a codebook of ",
          encoded.codebook.size(), " values for ", encoded.bits, " bits");
  Matrix values(encoded.rows, encoded.cols);
  std::ranges::transform(codes, values_of(values).begin(),
                         [&](std::uint8_t code) { return half_value(encoded.codebook[code]); });
  return values;
}

std::size_t payload_size(const EncodedMatrix& encoded) {
  return encoded.codes.size() + encoded.codebook.size() * sizeof(std::uint16_t);
}

}  // namespace qprompt
