#pragma once

#include <span>
#include <vector>

namespace qprompt {

// w_hat = (W - mean) / standard_deviation; all zeros where the deviation is zero.
struct Normalization {
  float mean = 0;
  float standard_deviation = 1;

  bool operator==(const Normalization&) const = default;
};

// Mean and population standard deviation.
Normalization statistics_of(std::span<const float> values);

std::vector<float> normalized(std::span<const float> values, const Normalization& statistics);

}  // namespace qprompt
