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

}  // namespace
}  // namespace qprompt
