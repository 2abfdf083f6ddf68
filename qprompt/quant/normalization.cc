#include "qprompt/quant/normalization.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qprompt {

Normalization statistics_of(std::span<const float> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(squares / n))};
}

std::vector<float> normalized(std::span<const float> values, const Normalization& statistics) {
  std::vector<float> w_hat(values.size());
  if (statistics.standard_deviation == 0) return w_hat;
  std::ranges::transform(values, w_hat.begin(), [&](float value) {
    return static_cast<float>((double{value} - statistics.mean) / statistics.standard_deviation);
  });
  return w_hat;
}

}  // namespace qprompt
