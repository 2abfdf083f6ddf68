#include "tests/reference/mathematics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

#include "qprompt/core/random.h"
#include "tests/reference/finite_differences.h"

namespace qprompt::reference {

// Names the parametrised tests.
void PrintTo(Mask mask, std::ostream* out) { *out << (mask == Mask::kNone ? "None" : "Causal"); }

namespace {

Matrix random_matrix(Index rows, Index cols, std::uint64_t seed) {
  return Random(seed).normal_matrix(rows, cols, 1).cast<double>();
}

LayerNorm random_layer_norm(Index width) {
  return {random_matrix(1, width, 11), random_matrix(1, width, 12), 1e-5};
}

TEST(LayerNorm, GivesRowsOfMeanZeroAndVarianceOne) {
  const LayerNorm plain{RowVector::Ones(50), RowVector::Zero(50), 0};
  const Matrix y = layer_norm(plain, 7 + 3 * random_matrix(4, 50, 1).array());
  EXPECT_LT(y.rowwise().mean().cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((y.rowwise().squaredNorm().array() / 50 - 1).abs().maxCoeff(), 1e-12);
}

TEST(LayerNorm, PullBackAgreesWithFiniteDifferences) {
  const LayerNorm norm = random_layer_norm(7);
  const Matrix x = random_matrix(3, 7, 1), d_y = random_matrix(3, 7, 2);
  expect_gradient(
      layer_norm_pull_back(norm, x, d_y),
      [&](const Matrix& moved) { return dot(d_y, layer_norm(norm, moved)); }, x);
}

TEST(Linear, PullBackAgreesWithFiniteDifferences) {
  const Linear layer{random_matrix(4, 6, 1), random_matrix(1, 4, 2)};
  const Matrix x = random_matrix(3, 6, 3), d_y = random_matrix(3, 4, 4);
  expect_gradient(
      linear_pull_back(layer, d_y),
      [&](const Matrix& moved) { return dot(d_y, linear(layer, moved)); }, x);
}

TEST(QuickGelu, IsXTimesTheSigmoidOf1702X) {
  EXPECT_DOUBLE_EQ(quick_gelu(Matrix::Constant(1, 1, 0))(0, 0), 0);
  EXPECT_NEAR(quick_gelu(Matrix::Constant(1, 1, 1))(0, 0), 1 / (1 + std::exp(-1.702)), 1e-15);
}

TEST(QuickGelu, PullBackAgreesWithFiniteDifferences) {
  const Matrix x = 2 * random_matrix(5, 5, 1), d_y = random_matrix(5, 5, 2);
  expect_gradient(
      quick_gelu_pull_back(x, d_y),
      [&](const Matrix& moved) { return dot(d_y, quick_gelu(moved)); }, x);
}

TEST(Gelu, IsXTimesTheNormalDistributionFunction) {
  EXPECT_NEAR(gelu(Matrix::Constant(1, 1, 1))(0, 0), 0.84134474606854295, 1e-15);
  EXPECT_NEAR(gelu(Matrix::Constant(1, 1, -1))(0, 0), -0.15865525393145705, 1e-15);
}

TEST(Gelu, PullBackAgreesWithFiniteDifferences) {
  const Matrix x = 2 * random_matrix(5, 5, 1), d_y = random_matrix(5, 5, 2);
  expect_gradient(
      gelu_pull_back(x, d_y), [&](const Matrix& moved) { return dot(d_y, gelu(moved)); }, x);
}

TEST(Softmax, RecoversProbabilitiesFromTheirLogarithms) {
  Matrix p(1, 3);
  p << 0.2, 0.3, 0.5;
  EXPECT_TRUE(softmax(p.array().log() + 1000).isApprox(p, 1e-12));
}

TEST(Softmax, PullBackAgreesWithFiniteDifferences) {
  const Matrix x = random_matrix(3, 5, 1), d_y = random_matrix(3, 5, 2);
  expect_gradient(
      softmax_pull_back(x, d_y), [&](const Matrix& moved) { return dot(d_y, softmax(moved)); }, x);
}

TEST(Attention, OfEqualKeysIsTheMeanOfTheValuesThatARowMaySee) {
  const Heads x{random_matrix(3, 4, 1), Matrix::Ones(3, 4), random_matrix(3, 4, 2)};
  const Matrix whole = attention(x, Mask::kNone), causal = attention(x, Mask::kCausal);
  EXPECT_TRUE(whole.row(0).isApprox(x.v.colwise().mean(), 1e-12));
  EXPECT_TRUE(causal.row(0).isApprox(x.v.row(0), 1e-12));
  EXPECT_TRUE(causal.row(1).isApprox(x.v.topRows(2).colwise().mean(), 1e-12));
  EXPECT_TRUE(causal.row(2).isApprox(whole.row(2), 1e-12));
}

class AttentionPullBack : public ::testing::TestWithParam<Mask> {};

TEST_P(AttentionPullBack, AgreesWithFiniteDifferences) {
  const Heads x{random_matrix(4, 3, 1), random_matrix(4, 3, 2), random_matrix(4, 3, 3)};
  const Matrix d_y = random_matrix(4, 3, 4);
  const Heads d_x = attention_pull_back(x, GetParam(), d_y);
  for (Matrix Heads::*part : {&Heads::q, &Heads::k, &Heads::v}) {
    const auto loss = [&](const Matrix& moved) {
      Heads changed = x;
      changed.*part = moved;
      return dot(d_y, attention(changed, GetParam()));
    };
    expect_gradient(d_x.*part, loss, x.*part);
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, AttentionPullBack, ::testing::Values(Mask::kNone, Mask::kCausal));

TEST(CosineLogits, OfParallelAndOrthogonalFeaturesAreTheScaleAndZero) {
  Features features{Matrix(1, 2), Matrix(2, 2)};
  features.images << 3, 4;
  features.texts << 6, 8, -4, 3;
  const Matrix logits = cosine_logits(features, 100);
  EXPECT_NEAR(logits(0, 0), 100, 1e-12);
  EXPECT_NEAR(logits(0, 1), 0, 1e-12);
}

TEST(CosineLogits, PullBackAgreesWithFiniteDifferences) {
  const Features x{random_matrix(3, 5, 1), random_matrix(4, 5, 2)};
  const Matrix d_logits = random_matrix(3, 4, 3);
  const Features d_x = cosine_logits_pull_back(x, 7, d_logits);
  for (Matrix Features::*part : {&Features::images, &Features::texts}) {
    const auto loss = [&](const Matrix& moved) {
      Features changed = x;
      changed.*part = moved;
      return dot(d_logits, cosine_logits(changed, 7));
    };
    expect_gradient(d_x.*part, loss, x.*part);
  }
}

TEST(CrossEntropy, OfEqualLogitsIsTheLogarithmOfTheNumberOfClasses) {
  EXPECT_NEAR(cross_entropy(Matrix::Constant(2, 5, 1000), {0, 3}), std::log(5), 1e-12);
}

TEST(CrossEntropy, PullBackAgreesWithFiniteDifferences) {
  const std::vector<int> labels{2, 0, 1};
  const Matrix logits = random_matrix(3, 4, 1);
  expect_gradient(
      cross_entropy_pull_back(logits, labels),
      [&](const Matrix& moved) { return cross_entropy(moved, labels); }, logits);
}

}  // namespace
}  // namespace qprompt::reference
