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
// Without branches, so that compilers vectorise it: Eigen's takes ten times as long.
inline float half_value(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16, rest = bits & 0x7fffu;
  const std::uint32_t special = rest >= 0x7c00u ? 0x38000000u : 0u;  // infinity, NaN
  const std::uint32_t normal = (rest << 13) + 0x38000000u + special;
  const float lifted = std::bit_cast<float>((rest << 13) + 0x38800000u) - 0x1p-14f;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(lifted);
  return std::bit_cast<float>((rest < 0x400u ? subnormal : normal) | sign);
}
inline float half_rounded(float value) { return half_value(half_bits(value)); }

// Whether every value is an fp16 value, so that storing it as fp16 loses nothing.
bool is_half_exact(const Matrix& m);

// Every value rounded to fp16; as it came where a value lies beyond fp16's range (65504).
Matrix round_to_half(const Matrix& m);
ParameterMap round_to_half(const ParameterMap& values);  // each matrix by itself

}  // namespace qprompt
