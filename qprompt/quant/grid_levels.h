#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "qprompt/quant/weighted_values.h"

namespace qprompt {

// Levels of a fixed form: what K-Means is compared with. Both return ascending levels, at most k;
// fewer only where floats cannot tell k of them apart.

// Min-max affine: min + j (max - min) / (k - 1), j = 0..k-1. k >= 2.
std::vector<float> uniform_levels(std::span<const float> values, std::size_t k);

// Signed powers of two, no zero: +-2^m for k / 2 successive m. Of all such grids the one with the
// least sum of squared distances, the larger powers where two are equally good; {0} where all
// values are zero. k even.
std::vector<float> log2_levels(const WeightedValues& points, std::size_t k);

}  // namespace qprompt
