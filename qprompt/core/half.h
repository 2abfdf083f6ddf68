#pragma once

#include <Eigen/Core>
#include <bit>
#include <cstdint>

#include "qprompt/core/matrix.h"

namespace qprompt {

// IEEE half precision (fp16) as its 16 bits, rounded to nearest, ties to even.
inline std::uint16_t half_bits(float value) {
  return Eigen::half_impl::float_to_half_rtne(value).x;
}
// Without branches and in signed integers, so that compilers vectorise it at any width; and without
// products of subnormal floats, which some programs have set to vanish.
inline float half_value(std::uint16_t bits) {
  const std::int32_t sign = (bits & 0x8000) << 16, rest = bits & 0x7fff;
  const std::int32_t special = rest >= 0x7c00 ? 0x38000000 : 0;  // infinity, NaN
  const std::int32_t normal = (rest << 13) + 0x38000000 + special;
  const float lifted = std::bit_cast<float>((rest << 13) + 0x38800000) - 0x1p-14f;
  const std::int32_t is_subnormal = -static_cast<std::int32_t>(rest < 0x400);
  const std::int32_t magnitude =
      (std::bit_cast<std::int32_t>(lifted) & is_subnormal) | (normal & ~is_subnormal);
  return std::bit_cast<float>(magnitude | sign);
}
inline float half_rounded(float value) { return half_value(half_bits(value)); }

// Whether every value is an fp16 value, so that storing it as fp16 loses nothing.
bool is_half_exact(const Matrix& m);

// Every value rounded to fp16; as it came where a value lies beyond fp16's range (65504).
Matrix round_to_half(const Matrix& m);
ParameterMap round_to_half(const ParameterMap& values);  // each matrix by itself

}  // namespace qprompt
