#include "qprompt/train/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "qprompt/core/random.h"

namespace qprompt {
namespace {

TEST(CrossEntropy, IsTheLogarithmOfTheClassesForEqualLogits) {
  const LossGradient result = cross_entropy(Matrix::Constant(3, 7, 2.5f), std::vector{0, 3, 6});
  EXPECT_NEAR(result.loss, std::log(7.0), 1e-12);
  EXPECT_EQ(result.correct, 1) << "the first of equals is the prediction";
}

TEST(CrossEntropy, SurvivesLogitsThatExponentiateToInfinity) {
  Matrix logits(1, 2);
  logits << 10000.0f, -10000.0f;
  EXPECT_NEAR(cross_entropy(logits, std::vector{0}).loss, 0.0, 1e-12);
  EXPECT_NEAR(cross_entropy(logits, std::vector{1}).loss, 20000.0, 1e-6);
}

TEST(CrossEntropy, HasTheGradientOfFiniteDifferences) {
  Random random(3);
  const Matrix logits = random.normal_matrix(4, 5, 2.0);
  const std::vector<int> labels{4, 0, 2, 2};
  const LossGradient at = cross_entropy(logits, labels);
  constexpr float kStep = 1.0f / 64;
  for (Index i = 0; i < logits.rows(); ++i) {
    for (Index j = 0; j < logits.cols(); ++j) {
      Matrix above = logits, below = logits;
      above(i, j) += kStep;
      below(i, j) -= kStep;
      const double slope =
          (cross_entropy(above, labels).loss - cross_entropy(below, labels).loss) / (2 * kStep);
      EXPECT_NEAR(at.d_logits(i, j), slope, 2e-5);
    }
  }
}

}  // namespace
}  // namespace qprompt
