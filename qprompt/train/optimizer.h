#pragma once

#include "qprompt/core/matrix.h"

namespace qprompt {

struct OptimizerConfig {
  double lr = 0.002;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  int warmup_epochs = 1;
  double warmup_lr = 1e-5;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("lr", lr, "learning rate of SGD");
    visit("momentum", momentum, "momentum of SGD, without dampening");
    visit("weight_decay", weight_decay, "L2 penalty, added to the gradient");
    visit("warmup_epochs", warmup_epochs, "epochs at the constant warm-up rate");
    visit("warmup_lr", warmup_lr, "learning rate of the warm-up");
  }
};

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
