#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace qprompt {

// Ascending distinct values with their counts, as prefix sums: the sum over any run [first, last)
// costs O(1). Up to kExactLimit values stay as they are; of more, those that share their 11-bit
// significand (fp16 after scaling by a power of two) become one point, their mean.
class WeightedValues {
 public:
  static constexpr std::size_t kExactLimit = 16384;

  explicit WeightedValues(std::span<const float> values);  // finite, not empty

  std::size_t size() const { return values_.size(); }
  double value(std::size_t i) const { return values_[i]; }
  double count(std::size_t first, std::size_t last) const {
    return prefix_[last].count - prefix_[first].count;
  }
  // Within the run's own range whatever the rounding, so that means of successive runs ascend.
  double mean(std::size_t first, std::size_t last) const {
    const double mean = centre_ + centred_sum(first, last) / count(first, last);
    return std::clamp(mean, values_[first], values_[last - 1]);
  }

  // What the run contributes to the sum of squares *between* clusters; the sum of squared distances
  // to the clusters' means is a constant minus the gains.
  double gain(std::size_t first, std::size_t last) const {
    const double sum = centred_sum(first, last);
    return sum * sum / count(first, last);
  }

 private:
  // Sums are of value - centre_, since sums of squares of far-off values cancel badly.
  struct Prefix {
    double count = 0;
    double sum = 0;
  };

  double centred_sum(std::size_t first, std::size_t last) const {
    return prefix_[last].sum - prefix_[first].sum;
  }
  void append(double count, double sum);
  void append_exactly(std::span<const float> values);
  void append_rounded(std::span<const float> values);

  double centre_ = 0;
  std::vector<double> values_;
  std::vector<Prefix> prefix_{Prefix{}};
};

}  // namespace qprompt
