#pragma once

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

}  // namespace qprompt
