#include "qprompt/train/temperature.h"

#include <cmath>

#include "qprompt/core/random.h"
#include "qprompt/inference/predictions.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

// `count` images of two classes with the logit `z` for the first, of which `right` are of it.
void add(double z, int count, int right, Matrix& logits, std::vector<int>& labels) {
  const Index first = logits.rows();
  logits.conservativeResize(first + count, 2);
  for (int i = 0; i < count; ++i) {
    logits.row(first + i) << static_cast<float>(z), 0;
    labels.push_back(i < right ? 0 : 1);
  }
}

// Of 1000 images at the logit 4 80 % are right: T makes sigmoid(4 / T) the share that the prior's
// images leave of it, (800 + 64 sigmoid(4)) / 1064.
TEST(Temperature, MakesConfidenceTheShareOfRightAnswers) {
  Matrix logits(0, 2);
  std::vector<int> labels;
  add(4, 1000, 800, logits, labels);
  const TemperatureFit fit = fit_temperature(logits, labels);
  const double share = (800 + 64 / (1 + std::exp(-4.0))) / 1064;
  EXPECT_NEAR(fit.temperature, 4 / std::log(share / (1 - share)), 1e-6);
  EXPECT_NEAR(fit.temperature, 4 / std::log(0.8 / 0.2), 0.2);
  EXPECT_NEAR(fit.nll_before,
              -0.8 * std::log(1 / (1 + std::exp(-4.0))) + 0.2 * std::log(1 + std::exp(4.0)), 1e-6);
  EXPECT_LT(fit.nll_after, fit.nll_before);
  EXPECT_GT(fit.nll_after, -0.8 * std::log(0.8) - 0.2 * std::log(0.2));
}

// No other of a grid of temperatures has a smaller objective.
TEST(Temperature, IsTheBestOfAll) {
  Random random(1);
  const Matrix logits = random.normal_matrix(60, 7, 3);
  std::vector<int> labels;
  for (Index i = 0; i < logits.rows(); ++i) labels.push_back(static_cast<int>(random.below(7)));
  for (std::size_t i = 0; i < 40; ++i) labels[i] = predictions(logits)[i];
  const auto objective = [&](double temperature) {
    double sum = 0;
    for (Index i = 0; i < logits.rows(); ++i) {
      const Eigen::RowVectorXf divided = logits.row(i) / static_cast<float>(temperature);
      const Eigen::RowVectorXd logs = log_softmax(divided);
      sum -= logs[labels[i]];
      sum -= kPriorImages / 60 * softmax(logits.row(i)).cwiseProduct(logs).sum();
    }
    return sum;
  };
  const double best = fit_temperature(logits, labels).temperature;
  for (double t = kLowestTemperature; t <= kHighestTemperature; t *= 1.01) {
    EXPECT_GE(objective(t), objective(best) - 1e-6) << t;
  }
}

TEST(Temperature, SharpensWhatIsTooUnsure) {
  Matrix logits(0, 2);
  std::vector<int> labels;
  add(0.5, 1000, 950, logits, labels);
  EXPECT_LT(fit_temperature(logits, labels).temperature, 0.25);
}

TEST(Temperature, StaysNearOneWhereFewImagesSayLittle) {
  double before = 1;
  for (const int images : {1, 2, 4, 8, 16}) {
    Matrix logits(0, 2);
    std::vector<int> labels;
    add(2, images, images, logits, labels);  // none is wrong
    const double temperature = fit_temperature(logits, labels).temperature;
    EXPECT_LT(temperature, before) << images;
    EXPECT_GT(temperature, 0.3) << images;
    before = temperature;
  }
}

TEST(Temperature, StaysWithinItsBounds) {
  Matrix logits(0, 2);
  std::vector<int> labels;
  add(1e-3, 100000, 100000, logits, labels);
  EXPECT_NEAR(fit_temperature(logits, labels).temperature, kLowestTemperature, 1e-6);
  logits.resize(0, 2);
  labels.clear();
  add(5000, 10000, 5001, logits, labels);
  EXPECT_NEAR(fit_temperature(logits, labels).temperature, kHighestTemperature, 1e-5);
}

TEST(Temperature, IsOneWhereNothingIsSaid) {
  EXPECT_EQ(fit_temperature(Matrix(0, 3), {}).temperature, 1);
  EXPECT_EQ(fit_temperature(Matrix::Zero(5, 3), std::vector{0, 1, 2, 0, 1}).temperature, 1);
  Matrix logits(0, 2);
  std::vector<int> labels;
  add(0, 10, 10, logits, labels);
  EXPECT_EQ(fit_temperature(logits, labels).temperature, 1);
}

TEST(Temperature, RefusesWhatIsNoNumber) {
  Matrix logits = Matrix::Zero(1, 2);
  logits(0, 1) = std::nanf("");
  EXPECT_THAT(testing::error_of([&] { fit_temperature(logits, std::vector{0}); }),
              HasSubstr("no finite numbers"));
  EXPECT_THAT(testing::error_of([&] { fit_temperature(logits, {}); }), HasSubstr("for 0 labels"));
}

}  // namespace
}  // namespace qprompt
