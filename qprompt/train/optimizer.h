#pragma once

#include <cstdint>

#include "qprompt/core/matrix.h"
#include "qprompt/train/optimizer_config.h"

namespace qprompt {

// Throws Error unless rates, weight decay and epsilon are finite and not negative, and momentum
// lies in [0, 1).
void require_valid(const OptimizerConfig& config);

// Constant during the warm-up; then lr/2 (1 + cos(pi (epoch - warmup) / epochs)), stepped once an
// epoch as Dassl does (its WARMUP_RECOUNT), so that it never reaches zero.
double learning_rate(const OptimizerConfig& config, int epoch, int epochs);

// What steps leave behind for those that follow.
struct OptimizerState {
  ParameterMap velocity;   // running mean of the gradients
  ParameterMap squares{};  // of AdamW: of their squares
  std::int64_t steps = 0;  // taken
};

// In float32, stochastic gradient descent:
//   v = momentum v + (g + weight_decay w);  w -= lr v
// or AdamW (Loshchilov and Hutter, ICLR 2019, algorithm 2, as PyTorch has it) at its step t:
//   w -= lr weight_decay w;  v = b1 v + (1 - b1) g;  s = b2 s + (1 - b2) g^2
//   w -= lr (v / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + epsilon)  with b1 = momentum, b2 = 0.999
class Optimizer {
 public:
  explicit Optimizer(const OptimizerConfig& config) : config_(config) {}

  void step(ParameterMap& values, const ParameterMap& gradient, double lr);

  const OptimizerState& state() const { return state_; }
  void restore(OptimizerState state) { state_ = std::move(state); }

 private:
  void sgd(ParameterMap& values, const ParameterMap& gradient, double lr);
  void adamw(ParameterMap& values, const ParameterMap& gradient, double lr);

  OptimizerConfig config_;
  OptimizerState state_;
};

}  // namespace qprompt
