#include "qprompt/quant/grid_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "qprompt/quant/codebook.h"

namespace qprompt {
namespace {

constexpr int kLeastPower = -126;  // below it floats lose precision, then vanish
constexpr int kLargestPower = 127;

// +-2^top, +-2^(top - 1), ...: `magnitudes` of either sign, where they are normal floats.
std::vector<float> powers_below(int top, int magnitudes) {
  const int least = std::max(top - magnitudes + 1, kLeastPower);
  std::vector<float> levels;
  for (int m = top; m >= least; --m) levels.push_back(-std::ldexp(1.0F, m));
  for (int m = least; m <= top; ++m) levels.push_back(std::ldexp(1.0F, m));
  return levels;
}

double distortion(const Codebook& codebook, const WeightedValues& points) {
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto value = static_cast<float>(points.value(i));
    const double difference = points.value(i) - codebook.centroids()[codebook.code(value)];
    sum += points.count(i, i + 1) * difference * difference;
  }
  return sum;
}

int power_of(double magnitude) {
  return std::clamp(std::ilogb(magnitude), kLeastPower, kLargestPower);
}

}  // namespace

std::vector<float> uniform_levels(std::span<const float> values, std::size_t k) {
  const auto [low, high] = std::ranges::minmax(values);
  std::vector<float> levels{low};
  const auto steps = static_cast<double>(k - 1);
  for (double j = 1; j <= steps; ++j) {
    const auto level = static_cast<float>(((steps - j) * low + j * high) / steps);
    if (level > levels.back()) levels.push_back(level);
  }
  return levels;
}

std::vector<float> log2_levels(const WeightedValues& points, std::size_t k) {
  double least = std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double magnitude = std::abs(points.value(i));
    if (magnitude > 0) least = std::min(least, magnitude);
    largest = std::max(largest, magnitude);
  }
  if (largest == 0) return {0};
  std::vector<float> best;
  double best_distortion = std::numeric_limits<double>::infinity();
  // No grid above the largest value, or below the least, beats the nearest one in this range.
  const int highest = std::min(power_of(largest) + 1, kLargestPower);
  for (int top = highest; top >= power_of(least); --top) {
    std::vector<float> levels = powers_below(top, static_cast<int>(k / 2));
    const double candidate = distortion(Codebook(levels), points);
    if (candidate < best_distortion) {
      best_distortion = candidate;
      best = std::move(levels);
    }
  }
  return best;
}

}  // namespace qprompt
