#include "qprompt/train/optimizer.h"

#include <cmath>
#include <numbers>

#include "qprompt/core/error.h"
#include "qprompt/train/valid.h"

namespace qprompt {

void require_valid(const OptimizerConfig& config) {
  require_not_negative("lr", config.lr);
  require_not_negative("warmup_lr", config.warmup_lr);
  require_not_negative("weight_decay", config.weight_decay);
  require(config.momentum >= 0 && config.momentum < 1, "momentum ", config.momentum,
          ", expected from 0 to below 1");
  require_not_negative("warmup_epochs", config.warmup_epochs);
}

double learning_rate(const OptimizerConfig& config, int epoch, int epochs) {
  if (epoch < config.warmup_epochs) return config.warmup_lr;
  const double progress = static_cast<double>(epoch - config.warmup_epochs) / epochs;
  return 0.5 * config.lr * (1 + std::cos(std::numbers::pi * progress));
}

void Sgd::step(ParameterMap& values, const ParameterMap& gradient, double lr) {
  const auto decay = static_cast<float>(config_.weight_decay);
  const auto momentum = static_cast<float>(config_.momentum);
  for (auto& [name, w] : values) {
    const Matrix g = gradient.at(name) + decay * w;
    auto [found, is_first] = velocity_.try_emplace(name, g);
    Matrix& v = found->second;
    if (!is_first) v = momentum * v + g;
    w -= static_cast<float>(lr) * v;
  }
}

}  // namespace qprompt
