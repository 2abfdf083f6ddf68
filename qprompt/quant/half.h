#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "qprompt/core/matrix.h"

namespace qprompt {

// IEEE half precision (fp16) as its 16 bits, rounded to nearest, ties to even.
inline std::uint16_t half_bits(float value) {
  return Eigen::half_impl::float_to_half_rtne(value).x;
}
inline float half_value(std::uint16_t bits) {
  return Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(bits));
}

// Whether every value is an fp16 value, so that storing it as fp16 loses nothing.
bool is_half_exact(const Matrix& m);

// Every value rounded to fp16; as it came where a value lies beyond fp16's range (65504).
Matrix round_to_half(const Matrix& m);

}  // namespace qprompt
