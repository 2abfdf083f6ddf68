#include "qprompt/core/half.h"

#include <algorithm>
#include <bit>

namespace qprompt {

bool is_half_exact(const Matrix& m) {
  return std::ranges::all_of(values_of(m), [](float value) {
    return std::bit_cast<std::uint32_t>(half_rounded(value)) == std::bit_cast<std::uint32_t>(value);
  });
}

Matrix round_to_half(const Matrix& m) {
  const Matrix half = m.unaryExpr(&half_rounded);
  return half.allFinite() ? half : m;
}

ParameterMap round_to_half(const ParameterMap& values) {
  ParameterMap half;
  for (const auto& [name, matrix] : values) half[name] = round_to_half(matrix);
  return half;
}

}  // namespace qprompt
