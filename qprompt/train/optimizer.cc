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
  require_not_negative("epsilon", config.epsilon);
  require(config.momentum >= 0 && config.momentum < 1, "momentum ", config.momentum,
          ", expected from 0 to below 1");
  require_not_negative("warmup_epochs", config.warmup_epochs);
}

double learning_rate(const OptimizerConfig& config, int epoch, int epochs) {
  if (epoch < config.warmup_epochs) return config.warmup_lr;
  const double progress = static_cast<double>(epoch - config.warmup_epochs) / epochs;
  return 0.5 * config.lr * (1 + std::cos(std::numbers::pi * progress));
}

void Optimizer::step(ParameterMap& values, const ParameterMap& gradient, double lr) {
  ++state_.steps;
  if (config_.kind == OptimizerKind::kAdamW) {
    adamw(values, gradient, lr);
  } else {
    sgd(values, gradient, lr);
  }
}

void Optimizer::sgd(ParameterMap& values, const ParameterMap& gradient, double lr) {
  const auto decay = static_cast<float>(config_.weight_decay);
  const auto momentum = static_cast<float>(config_.momentum);
  for (auto& [name, w] : values) {
    const Matrix g = gradient.at(name) + decay * w;
    auto [found, is_first] = state_.velocity.try_emplace(name, g);
    Matrix& v = found->second;
    if (!is_first) v = momentum * v + g;
    w -= static_cast<float>(lr) * v;
  }
}

void Optimizer::adamw(ParameterMap& values, const ParameterMap& gradient, double lr) {
  constexpr double kBeta2 = 0.999;
  const auto mean = static_cast<float>(config_.momentum), square = static_cast<float>(kBeta2);
  const auto t = static_cast<double>(state_.steps);
  const auto rate = static_cast<float>(lr / (1 - std::pow(config_.momentum, t)));
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(kBeta2, t)));
  const auto epsilon = static_cast<float>(config_.epsilon);
  for (auto& [name, w] : values) {
    const Matrix& g = gradient.at(name);
    const Matrix zero = Matrix::Zero(g.rows(), g.cols());
    Matrix& v = state_.velocity.try_emplace(name, zero).first->second;
    Matrix& s = state_.squares.try_emplace(name, zero).first->second;
    v = mean * v + (1 - mean) * g;
    s = square * s + (1 - square) * g.cwiseAbs2();
    w *= static_cast<float>(1 - lr * config_.weight_decay);
    w.array() -= rate * v.array() / (root * s.array().sqrt() + epsilon);
  }
}

}  // namespace qprompt
