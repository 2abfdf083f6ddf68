#include "qprompt/quant/half.h"

#include <algorithm>
#include <bit>

namespace qprompt {
namespace {

float rounded(float value) { return half_value(half_bits(value)); }

}  // namespace

bool is_half_exact(const Matrix& m) {
  return std::ranges::all_of(values_of(m), [](float value) {
    return std::bit_cast<std::uint32_t>(rounded(value)) == std::bit_cast<std::uint32_t>(value);
  });
}

Matrix round_to_half(const Matrix& m) {
  const Matrix half = m.unaryExpr(&rounded);
  return half.allFinite() ? half : m;
}

}  // namespace qprompt
