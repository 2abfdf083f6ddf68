#pragma once

#include <array>
#include <cstdint>

namespace qprompt {

enum class OptimizerKind : std::uint8_t { kSgd, kAdamW };
inline auto enum_names(OptimizerKind) { return std::array{"sgd", "adamw"}; }

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::kSgd;
  double lr = 0.002;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  int warmup_epochs = 1;
  double warmup_lr = 1e-5;
  double epsilon = 1e-8;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("optimizer", kind, "sgd, as all prompt learning has it, or adamw");
    visit("lr", lr, "learning rate");
    visit("momentum", momentum, "momentum of SGD, without dampening; beta 1 of AdamW");
    visit("weight_decay", weight_decay, "L2 penalty, added to the gradient; of AdamW to the step");
    visit("warmup_epochs", warmup_epochs, "epochs at the constant warm-up rate");
    visit("warmup_lr", warmup_lr, "learning rate of the warm-up");
    visit("epsilon", epsilon, "of AdamW, added to the root of the squares");
  }
};

}  // namespace qprompt
