#include "qprompt/quant/weighted_values.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "qprompt/core/half.h"

namespace qprompt {
namespace {

constexpr std::size_t kHalfPatterns = 65536;

// The power of two that brings the largest magnitude into [2^14, 2^15): no overflow, and small
// values keep their 11 bits whatever the scale of the matrix.
double half_scale(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest == 0 ? 1 : std::ldexp(1.0, 14 - std::ilogb(largest));
}

// fp16 patterns renumbered in ascending order of their values, -0 as +0.
std::size_t ordered_half(float value) {
  const std::uint16_t bits = half_bits(value + 0.0F);
  const bool negative = (bits & 0x8000) != 0;
  return negative ? 0xFFFFU - bits : bits | 0x8000U;
}

}  // namespace

WeightedValues::WeightedValues(std::span<const float> values) {
  centre_ = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  if (values.size() <= kExactLimit) {
    append_exactly(values);
  } else {
    append_rounded(values);
  }
}

void WeightedValues::append(double count, double sum) {
  const Prefix last = prefix_.back();
  values_.push_back(sum / count);
  prefix_.push_back({last.count + count, last.sum + (sum - count * centre_)});
}

void WeightedValues::append_exactly(std::span<const float> values) {
  std::vector<float> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::find_if(first, sorted.end(), [&](float v) { return v != *first; });
    const auto count = static_cast<double>(last - first);
    append(count, count * *first);
    first = last;
  }
}

void WeightedValues::append_rounded(std::span<const float> values) {
  const double scale = half_scale(values);
  std::vector<Prefix> points(kHalfPatterns);
  for (const float value : values) {
    Prefix& point = points[ordered_half(static_cast<float>(value * scale))];
    point.count += 1;
    point.sum += value;
  }
  for (const Prefix& point : points) {
    if (point.count > 0) append(point.count, point.sum);
  }
}

}  // namespace qprompt
