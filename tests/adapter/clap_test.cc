#include "qprompt/adapter/clap.h"

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

const ClapConfig kConfig{.penalty = 0.8, .prototype_length = 4};

class ClapTest : public ::testing::Test {
 protected:
  Plain plain_logits(const Plain& residual) const {
    Plain logits(problem_.images.rows(), 3);
    for (Index i = 0; i < logits.rows(); ++i) {
      for (Index c = 0; c < 3; ++c) {
        const Eigen::RowVectorXd w = 4 * problem_.texts.row(c).cast<double>() + residual.row(c);
        logits(i, c) = problem_.scale * cosine(problem_.images.row(i).cast<double>(), w);
      }
    }
    return logits;
  }

  // Mean zero-shot probability of the class, over the views of its images.
  double lambda(int label) const {
    double sum = 0, count = 0;
    for (Index row = 0; row < problem_.features.rows(); ++row) {
      if (problem_.labels[row / Problem::kViews] != label) continue;
      const Plain zero_shot = problem_.scale * problem_.features.row(row).cast<double>() *
                              problem_.texts.cast<double>().transpose();
      sum += softmax_rows(zero_shot)(0, label);
      ++count;
    }
    return sum / count;
  }

  Problem problem_;
  const Clap learner_{kConfig, Problem::kEmbed, problem_.seen()};
  const ParameterMap values_{{"residual", Random(5).normal_matrix(3, Problem::kEmbed, 1)}};
};

TEST_F(ClapTest, StartsAsZeroShot) {
  const ParameterMap start = learner_.initial_values(problem_.shots(), problem_.classes(), 1);
  EXPECT_TRUE(learner_.logits(start, problem_.classes(), problem_.images)
                  .isApprox(cosine_logits(problem_.images, problem_.texts, problem_.scale), 1e-6f));
}

TEST_F(ClapTest, LearnsWhatClassesDifferByFromTheirTexts) {
  expect_pull_back(learner_, problem_, values_,
                   [&](const auto& at) { return plain_logits(at.at("residual")); });
}

TEST_F(ClapTest, HoldsAClassAsFirmlyAsZeroShotIsRightAboutIt) {
  const auto penalty = [&](const Plain& residual) {
    double sum = 0;
    for (int c = 0; c < 3; ++c) sum += lambda(c) * residual.row(c).squaredNorm() / 3;
    return 0.8 * sum;
  };
  ParameterMap gradient{{"residual", Matrix::Ones(3, Problem::kEmbed)}};
  const Plain residual = values_.at("residual").cast<double>();
  EXPECT_NEAR(learner_.penalty(problem_.shots(), problem_.classes())->add(values_, gradient),
              penalty(residual), 1e-5);
  expect_near(gradient.at("residual"), (slope_of(penalty, residual).array() + 1).matrix());
}

TEST_F(ClapTest, GivesNewClassesTheirTexts) {
  problem_.names = {"zebra", "cat", "bird"};
  Plain residual = Plain::Zero(3, Problem::kEmbed);
  residual.row(1) = values_.at("residual").row(0).cast<double>();
  expect_near(learner_.logits(values_, problem_.classes(), problem_.images),
              plain_logits(residual));
}

TEST_F(ClapTest, RefusesWhatIsNoPenaltyOrLength) {
  EXPECT_THROW(Clap({.penalty = -1}, 6, {}), Error);
  EXPECT_THROW(Clap({.prototype_length = 0}, 6, {}), Error);
}

}  // namespace
}  // namespace qprompt
