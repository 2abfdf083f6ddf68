#pragma once

#include "qprompt/core/matrix.h"
#include "qprompt/train/optimizer_config.h"

namespace qprompt {

// Throws Error unless rates and weight decay are finite and not negative, and momentum lies in
// [0, 1).
void require_valid(const OptimizerConfig& config);

// Constant during the warm-up; then lr/2 (1 + cos(pi (epoch - warmup) / epochs)), stepped once an
// epoch as Dassl does (its WARMUP_RECOUNT), so that it never reaches zero.
double learning_rate(const OptimizerConfig& config, int epoch, int epochs);

// Stochastic gradient descent, in float32:
//   v = momentum v + (g + weight_decay w);  w -= lr v
class Sgd {
 public:
  explicit Sgd(const OptimizerConfig& config) : config_(config) {}

  void step(ParameterMap& values, const ParameterMap& gradient, double lr);

  const ParameterMap& velocity() const { return velocity_; }
  void restore(ParameterMap velocity) { velocity_ = std::move(velocity); }

 private:
  OptimizerConfig config_;
  ParameterMap velocity_;
};

}  // namespace qprompt
