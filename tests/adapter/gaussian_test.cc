#include "qprompt/adapter/gaussian.h"

#include <Eigen/LU>

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

// The published estimator with an inverse written out, and all that softmax takes away left in.
Plain gaussian_logits(const Problem& problem, double alpha) {
  const Index n = problem.features.rows(), d = Problem::kEmbed;
  Plain covariance = Plain::Zero(d, d);
  for (Index row = 0; row < n; ++row) {
    const Eigen::RowVectorXd deviation = problem.features.row(row).cast<double>() -
                                         problem.mean_of(problem.labels[row / Problem::kViews]);
    covariance += deviation.transpose() * deviation / static_cast<double>(n - 1);
  }
  const Plain precision = static_cast<double>(d) * (static_cast<double>(n - 1) * covariance +
                                                    covariance.trace() * Plain::Identity(d, d))
                                                       .inverse();
  Plain logits(problem.images.rows(), 3);
  for (Index i = 0; i < logits.rows(); ++i) {
    const Eigen::RowVectorXd f = problem.images.row(i).cast<double>();
    for (int c = 0; c < 3; ++c) {
      const Eigen::RowVectorXd mean = problem.mean_of(c);
      logits(i, c) = problem.scale * f.dot(problem.texts.row(c).cast<double>()) +
                     alpha * ((f * precision).dot(mean) + std::log(1.0 / 3) -
                              (mean * precision).dot(mean) / 2);
    }
  }
  return logits;
}

class GaussianTest : public ::testing::Test {
 protected:
  Matrix logits(const Gaussian& learner) const {
    const ParameterMap values = learner.initial_values(problem_.shots(), problem_.classes(), 1);
    return learner.logits(values, problem_.classes(), problem_.images);
  }
  Problem problem_;
};

TEST_F(GaussianTest, GivesTheProbabilitiesOfThePublishedEstimator) {
  for (const double alpha : {0.0, 0.05, 0.5}) {
    const Gaussian learner({.alpha = alpha}, Problem::kEmbed, problem_.seen());
    const Plain p = softmax_rows(logits(learner).cast<double>());
    EXPECT_LT((p - softmax_rows(gaussian_logits(problem_, alpha))).cwiseAbs().maxCoeff(), 1e-4);
  }
}

TEST_F(GaussianTest, IsZeroShotWithoutWeight) {
  EXPECT_EQ(logits(Gaussian({.alpha = 0}, Problem::kEmbed, problem_.seen())),
            cosine_logits(problem_.images, problem_.texts, problem_.scale));
}

TEST_F(GaussianTest, NeedsFeaturesThatVary) {
  const Matrix three = problem_.features.topRows(3);
  const std::vector<int> labels{0, 1, 2};
  const Gaussian learner({}, Problem::kEmbed, seen_classes(problem_.names, labels));
  EXPECT_THAT(testing::error_of([&] {
                learner.initial_values({three, labels}, problem_.classes(), 1);
              }),
              HasSubstr("do not vary"));
  EXPECT_THROW(Gaussian({.alpha = -1}, 6, {}), Error);
}

}  // namespace
}  // namespace qprompt
