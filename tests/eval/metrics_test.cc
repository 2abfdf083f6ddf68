#include "qprompt/eval/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "qprompt/inference/predictions.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

TEST(Metrics, TakeTheFirstOfEqualScores) {
  Matrix scores(2, 3);
  scores << 1, 1, 0, 0, 2, 2;
  EXPECT_EQ(predictions(scores), (std::vector{0, 1}));
}

TEST(Metrics, AverageF1OverTheClassesThatHaveImages) {
  // Class 0: 2 of 2 right, one false alarm; class 1: 1 of 2 right; class 2 has no images.
  Matrix scores(4, 3);
  scores << 2, 1, 0, 2, 1, 0, 2, 1, 0, 1, 2, 0;
  const Metrics metrics = measure(scores, std::vector{0, 0, 1, 1});
  EXPECT_DOUBLE_EQ(metrics.accuracy(), 0.75);
  EXPECT_DOUBLE_EQ(metrics.classes[0].f1, 2.0 * 2 / (2.0 * 2 + 1 + 0));
  EXPECT_DOUBLE_EQ(metrics.classes[1].f1, 2.0 * 1 / (2.0 * 1 + 0 + 1));
  EXPECT_DOUBLE_EQ(metrics.macro_f1, (0.8 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(metrics.classes[1].accuracy(), 0.5);
}

TEST(Metrics, CountConfusionsAndTheFiveBest) {
  Matrix scores(3, 7);
  scores << 7, 6, 5, 4, 3, 2, 1,  //
      7, 6, 5, 4, 3, 2, 1,        //
      1, 1, 1, 1, 1, 1, 1;
  const Metrics metrics = measure(scores, std::vector{4, 5, 4});
  EXPECT_EQ(metrics.top_5, 2);  // the fifth, the sixth, and the fifth of equals
  EXPECT_EQ(metrics.confusions, (std::vector<Confusion>{{4, 0, 2}, {5, 0, 1}}));
}

// Logits of two classes whose softmax gives the first this probability.
Matrix with_confidences(const std::vector<double>& confidences) {
  Matrix logits = Matrix::Zero(std::ssize(confidences), 2);
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    logits(static_cast<Index>(i), 0) =
        static_cast<float>(std::log(confidences[i] / (1 - confidences[i])));
  }
  return logits;
}

TEST(Metrics, CalibrationErrorIsTheMeanGapOfTheBins) {
  // Of ten images at 0.9 six are right, of five at 0.7 all: 10/15 0.3 + 5/15 0.3.
  std::vector<double> confidences(10, 0.9);
  confidences.insert(confidences.end(), 5, 0.7);
  const Metrics metrics =
      measure(with_confidences(confidences), std::vector{0, 0, 0, 0, 0, 0, 1, 1, 1, 1,  //
                                                         0, 0, 0, 0, 0});
  EXPECT_NEAR(metrics.calibration.ece(), 0.3, 1e-6);
  const CalibrationBin& at_90 = metrics.calibration.bins[13];  // (13/15, 14/15]
  EXPECT_EQ(at_90.images, 10);
  EXPECT_NEAR(at_90.confidence(), 0.9, 1e-6);
  EXPECT_DOUBLE_EQ(at_90.accuracy(), 0.6);
  EXPECT_EQ(metrics.calibration.bins[10].images, 5);  // (10/15, 11/15]
  EXPECT_EQ(metrics.calibration.bins[0].images, 0);
  EXPECT_EQ(metrics.calibration.bins[0].confidence(), 0);
}

TEST(Metrics, CalibrationErrorDoesNotCancelBetweenBins) {
  // Too sure at 0.9 and too unsure at 0.6 by as much; within one bin the gaps do cancel.
  EXPECT_NEAR(measure(with_confidences({0.9, 0.6}), std::vector{1, 0}).calibration.ece(),
              (0.9 + 0.4) / 2, 1e-6);
  EXPECT_NEAR(measure(with_confidences({0.75, 0.75, 0.75, 0.75}), std::vector{0, 0, 0, 1})
                  .calibration.ece(),
              0, 1e-6);
}

TEST(Metrics, CalibrationBinsHoldTheirUpperEnd) {
  // One of 15 equal classes has just 1/15, the end of the first bin; logits far apart give 1.
  Matrix scores = Matrix::Zero(2, 15);
  scores(1, 3) = 200;
  const Calibration calibration = measure(scores, std::vector{0, 3}).calibration;
  EXPECT_EQ(calibration.bins.front().images, 1);
  EXPECT_EQ(calibration.bins.back().images, 1);
  EXPECT_NEAR(calibration.ece(), (1 - 1.0 / 15) / 2, 1e-6);
  EXPECT_EQ(Calibration{}.ece(), 0);
}

TEST(Metrics, LikelihoodIsThatOfTheRightClasses) {
  const Calibration calibration =
      measure(with_confidences({0.9, 0.6}), std::vector{0, 1}).calibration;
  EXPECT_NEAR(calibration.nll, -(std::log(0.9) + std::log(0.4)) / 2, 1e-6);
  Matrix far = Matrix::Zero(1, 2);
  far(0, 0) = 1000;  // a probability below the smallest double
  EXPECT_DOUBLE_EQ(measure(far, std::vector{1}).calibration.nll, 1000);
  EXPECT_EQ(measure(Matrix(0, 2), std::vector<int>{}).calibration.nll, 0);
}

TEST(Metrics, OfLogitsThatAreNoNumbersAreRefused) {
  Matrix scores(1, 2);
  scores << std::nanf(""), std::nanf("");
  EXPECT_THAT(testing::error_of([&] { measure(scores, std::vector{0}); }),
              ::testing::HasSubstr("measure: logits of image 0 are no finite numbers"));
}

// scipy 1.17.1: binomtest(correct, images).proportion_ci(method="wilson").
TEST(Metrics, IntervalIsWilsons) {
  EXPECT_NEAR(wilson_interval(37, 72).low, 0.4006975, 1e-6);
  EXPECT_NEAR(wilson_interval(37, 72).high, 0.6256733, 1e-6);
  EXPECT_NEAR(wilson_interval(2, 2).low, 0.3423802, 1e-6);
  EXPECT_EQ(wilson_interval(2, 2).high, 1);
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

TEST(Metrics, HarmonicMeanIsThatOfThePapersTables) {
  EXPECT_NEAR(harmonic_mean(69.34, 74.22), 71.70, 0.005);
  EXPECT_NEAR(harmonic_mean(82.28, 75.14), 78.55, 0.005);
  EXPECT_EQ(harmonic_mean(0.6, 0), 0);
  EXPECT_EQ(harmonic_mean(0, 0), 0);
}

TEST(Metrics, DeviationIsThePopulations) {
  const auto result = mean_and_deviation(std::array{1.0, 3.0});
  EXPECT_DOUBLE_EQ(result.mean, 2);
  EXPECT_DOUBLE_EQ(result.deviation, 1);
}

}  // namespace
}  // namespace qprompt
