#pragma once

#include <span>

#include "qprompt/core/matrix.h"

namespace qprompt {

// What logits are divided by so that probabilities are the shares of right answers.
struct TemperatureFit {
  double temperature = 1;
  double nll_before = 0, nll_after = 0;  // of the images, nats per image
};

// Temperature scaling (Guo et al., ICML 2017): the T that minimises the mean of
//   -log softmax(logits_i / T)[label_i]
// over n held-out images, within kLowestTemperature .. kHighestTemperature. Few images say little,
// and where none is taken for another T would run to a bound; so kPriorImages more are counted
// whose classes are drawn from the model's own probabilities at T = 1, which pull T towards 1. The
// whole is convex in 1 / T. T = 1 of no images. (How many was chosen: docs/probabilities.md.)
inline constexpr double kLowestTemperature = 0.05, kHighestTemperature = 20;
inline constexpr double kPriorImages = 64;
TemperatureFit fit_temperature(const Matrix& logits, std::span<const int> labels);

}  // namespace qprompt
