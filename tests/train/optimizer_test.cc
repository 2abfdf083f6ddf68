#include "qprompt/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace qprompt {
namespace {

TEST(LearningRate, IsConstantInTheFirstEpochAndThenFollowsTheCosine) {
  const OptimizerConfig config{.lr = 0.002};
  EXPECT_EQ(learning_rate(config, 0, 50), 1e-5);
  EXPECT_DOUBLE_EQ(learning_rate(config, 1, 50), 0.002);
  EXPECT_NEAR(learning_rate(config, 26, 50), 0.001, 1e-15);
  EXPECT_NEAR(learning_rate(config, 49, 50), 0.001 * (1 + std::cos(std::numbers::pi * 48 / 50)),
              1e-15)
      << "it never reaches zero";
}

TEST(Optimizer, AddsWeightDecayToTheGradientAndKeepsMomentum) {
  Optimizer sgd({.momentum = 0.5, .weight_decay = 0.25});
  ParameterMap w{{"ctx", Matrix::Constant(1, 1, 8.0f)}};
  const ParameterMap g{{"ctx", Matrix::Constant(1, 1, 1.0f)}};
  sgd.step(w, g, 1.0);  // v = 1 + 0.25 * 8 = 3
  EXPECT_FLOAT_EQ(w.at("ctx")(0), 5.0f);
  sgd.step(w, g, 0.5);  // v = 0.5 * 3 + 1 + 0.25 * 5 = 3.75
  EXPECT_FLOAT_EQ(w.at("ctx")(0), 5.0f - 0.5f * 3.75f);
}

// By hand: after one step v / (1 - b1) = g and s / (1 - b2) = g^2, so that w moves by lr sign(g)
// beside the decay.
TEST(Optimizer, TakesAdamWsStepsThatDoNotDependOnTheGradientsSize) {
  Optimizer adamw(
      {.kind = OptimizerKind::kAdamW, .momentum = 0.9, .weight_decay = 0.5, .epsilon = 0});
  ParameterMap w{{"ctx", Matrix::Constant(1, 2, 8.0f)}};
  Matrix g(1, 2);
  g << 1000, -0.001f;
  adamw.step(w, {{"ctx", g}}, 0.1);
  EXPECT_FLOAT_EQ(w.at("ctx")(0), 8 * 0.95f - 0.1f);
  EXPECT_FLOAT_EQ(w.at("ctx")(1), 8 * 0.95f + 0.1f);

  // Then with a gradient of zero: v = 0.9 * 0.1 g, s = 0.999 * 0.001 g^2.
  const double before = w.at("ctx")(0);
  adamw.step(w, {{"ctx", Matrix::Zero(1, 2)}}, 0.1);
  const double v = 0.9 * 0.1 / (1 - 0.9 * 0.9), s = 0.999 * 0.001 / (1 - 0.999 * 0.999);
  EXPECT_NEAR(w.at("ctx")(0), 0.95 * before - 0.1 * v / std::sqrt(s), 1e-5);
}

}  // namespace
}  // namespace qprompt
