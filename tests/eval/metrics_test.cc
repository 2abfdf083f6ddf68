#include "qprompt/eval/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "qprompt/inference/predictions.h"

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
  EXPECT_EQ(harmonic_mean(0, 0), 0);
}

TEST(Metrics, DeviationIsThePopulations) {
  const auto result = mean_and_deviation(std::array{1.0, 3.0});
  EXPECT_DOUBLE_EQ(result.mean, 2);
  EXPECT_DOUBLE_EQ(result.deviation, 1);
}

}  // namespace
}  // namespace qprompt
