#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qprompt {

// How a codebook's levels are found: by one-dimensional K-Means (exact, or Lloyd's), evenly between
// the extremes, or as signed powers of two (grid_levels.h).
enum class Levels : std::uint8_t { kOptimalKMeans, kLloydKMeans, kUniform, kLog2 };

// At most 2^bits ascending centroids of scalars, and the nearest-centroid map (the lower centroid
// wins a tie).
class Codebook {
 public:
  // The codebook of `values`: kOptimalKMeans minimises the sum of squared distances exactly (of the
  // fp16-rounded values with counts where there are many; docs/quantizer.md), kLloydKMeans starts
  // at quantiles and iterates. bits 1..8; throws Error when `values` is empty or not finite.
  static Codebook fit(std::span<const float> values, int bits,
                      Levels levels = Levels::kOptimalKMeans);

  // 1 to 256 finite centroids, each larger than the one before.
  explicit Codebook(std::vector<float> ascending_centroids);

  std::span<const float> centroids() const { return centroids_; }
  std::uint8_t code(float value) const {
    std::size_t code = 0;
    for (std::size_t step = (thresholds_.size() + 1) / 2; step > 0; step /= 2) {
      code += value > thresholds_[code + step - 1] ? step : 0;
    }
    return static_cast<std::uint8_t>(code);
  }
  void encode(std::span<const float> values, std::span<std::uint8_t> codes) const;
  void decode(std::span<const std::uint8_t> codes, std::span<float> values) const;

 private:
  std::vector<float> centroids_;
  // code() counts the thresholds below a value. There are 2^n - 1, the last ones infinite.
  std::vector<float> thresholds_;
};

// Sum of squared distances of `values` to their nearest centroid.
double distortion(const Codebook& codebook, std::span<const float> values);

}  // namespace qprompt
