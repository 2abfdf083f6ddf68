#include "qprompt/quant/codebook.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "qprompt/core/error.h"
#include "qprompt/quant/grid_levels.h"
#include "qprompt/quant/kmeans.h"

namespace qprompt {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool is_finite(float value) { return std::isfinite(value); }

// The largest float that is not above the midpoint: a float is above it exactly when it is above
// the midpoint itself.
float threshold_between(float low, float high) {
  const double midpoint = 0.5 * (double{low} + high);
  const auto rounded = static_cast<float>(midpoint);
  return rounded > midpoint ? std::nextafter(rounded, -kInfinity) : rounded;
}

std::vector<float> find_levels(std::span<const float> values, std::size_t k, Levels levels) {
  switch (levels) {
    case Levels::kOptimalKMeans:
      return optimal_centroids(WeightedValues(values), k);
    case Levels::kLloydKMeans:
      return lloyd_centroids(WeightedValues(values), k);
    case Levels::kUniform:
      return uniform_levels(values, k);
    case Levels::kLog2:
      return log2_levels(WeightedValues(values), k);
  }
  fail("Codebook::fit: unknown levels ", static_cast<int>(levels));
}

}  // namespace

Codebook Codebook::fit(std::span<const float> values, int bits, Levels levels) {
  require(bits >= 1 && bits <= 8, "Codebook::fit: ", bits, " bits, expected 1..8");
  require(!values.empty(), "Codebook::fit: no values");
  require(std::ranges::all_of(values, is_finite), "Codebook::fit: a value is NaN or infinite");
  return Codebook(find_levels(values, std::size_t{1} << bits, levels));
}

Codebook::Codebook(std::vector<float> ascending_centroids)
    : centroids_(std::move(ascending_centroids)) {
  require(!centroids_.empty() && centroids_.size() <= 256, "Codebook: ", centroids_.size(),
          " centroids, expected 1..256");
  require(std::ranges::all_of(centroids_, is_finite), "Codebook: a centroid is NaN or infinite");
  require(std::ranges::adjacent_find(centroids_, std::greater_equal{}) == centroids_.end(),
          "Codebook: centroids do not ascend");
  thresholds_.assign(std::bit_ceil(centroids_.size()) - 1, kInfinity);
  for (std::size_t i = 0; i + 1 < centroids_.size(); ++i) {
    thresholds_[i] = threshold_between(centroids_[i], centroids_[i + 1]);
  }
}

void Codebook::encode(std::span<const float> values, std::span<std::uint8_t> codes) const {
  require(codes.size() == values.size(), "encode: room for ", codes.size(), " codes, expected ",
          values.size());
  std::ranges::transform(values, codes.begin(), [this](float value) { return code(value); });
}

void Codebook::decode(std::span<const std::uint8_t> codes, std::span<float> values) const {
  require(codes.size() == values.size(), "decode: ", codes.size(), " codes for ", values.size(),
          " values");
  for (std::size_t i = 0; i < codes.size(); ++i) {
    require(codes[i] < centroids_.size(), "decode: code ", int{codes[i]}, ", expected below ",
            centroids_.size());
    values[i] = centroids_[codes[i]];
  }
}

double distortion(const Codebook& codebook, std::span<const float> values) {
  double sum = 0;
  for (const float value : values) {
    const double difference = double{value} - codebook.centroids()[codebook.code(value)];
    sum += difference * difference;
  }
  return sum;
}

}  // namespace qprompt
