#include "qprompt/adapter/linear_probe.h"

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

// scikit-learn's objective, with the bias as the last column.
double objective(const Problem& problem, double cost, const Plain& x) {
  const Plain w = x.leftCols(Problem::kEmbed);
  double loss = 0.5 * w.squaredNorm();
  for (Index row = 0; row < problem.features.rows(); ++row) {
    const Eigen::VectorXd logits =
        w * problem.features.row(row).cast<double>().transpose() + x.col(Problem::kEmbed);
    const double log_sum = std::log(logits.array().exp().sum());
    loss += cost * (log_sum - logits[problem.labels[row / Problem::kViews]]);
  }
  return loss;
}

class LinearProbeTest : public ::testing::Test {
 protected:
  Plain solution(double cost) const {
    const LinearProbe learner({.cost = cost}, Problem::kEmbed, problem_.seen());
    const ParameterMap values = learner.initial_values(problem_.shots(), problem_.classes(), 1);
    Plain x(3, Problem::kEmbed + 1);
    x << values.at("weight").cast<double>(), values.at("bias").transpose().cast<double>();
    return x;
  }
  Problem problem_;
};

// The problem is convex: where the slope vanishes is the minimum.
TEST_F(LinearProbeTest, MinimisesTheRegularisedCrossEntropy) {
  for (const double cost : {0.316, 31.6}) {
    const auto loss = [&](const Plain& x) { return objective(problem_, cost, x); };
    const Plain x = solution(cost);
    const double at_zero = slope_of(loss, Plain::Zero(3, Problem::kEmbed + 1)).norm();
    EXPECT_LT(slope_of(loss, x).norm(), 1e-3 * at_zero) << cost;
    EXPECT_GT(x.norm(), 0.1);
  }
}

TEST_F(LinearProbeTest, ScoresByWeightAndBiasOfTheNamesAskedFor) {
  const LinearProbe learner({}, Problem::kEmbed, problem_.seen());
  const ParameterMap values = learner.initial_values(problem_.shots(), problem_.classes(), 1);
  problem_.names = {"dog", "cat"};
  problem_.texts.conservativeResize(2, Problem::kEmbed);
  Plain expected(problem_.images.rows(), 2);
  for (Index i = 0; i < expected.rows(); ++i) {
    for (const Index c : {1, 0}) {
      expected(i, 1 - c) =
          values.at("weight").row(c).cast<double>().dot(problem_.images.row(i).cast<double>()) +
          values.at("bias")(0, c);
    }
  }
  expect_near(learner.logits(values, problem_.classes(), problem_.images), expected);
}

TEST_F(LinearProbeTest, RefusesACostThatIsNone) {
  for (const double cost : {0.0, -1.0, std::nan("")}) {
    EXPECT_THAT(testing::error_of([&] { LinearProbe({.cost = cost}, 6, {}); }),
                ::testing::HasSubstr("cost"));
  }
}

}  // namespace
}  // namespace qprompt
