// Constrained adaptive clustering: when codebooks change, and when they must not.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qprompt/core/random.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Histogram = std::vector<std::int64_t>;

ParameterMap normal_parameters(std::uint64_t seed, double standard_deviation) {
  return {{"ctx", Random(seed).normal_matrix(4, 512, standard_deviation)}};
}

// How often a run clusters whose weights grow by 2 % a step.
int clusterings_of_growing_weights(QuantizerConfig config, int steps) {
  Quantizer quantizer(config);
  ParameterMap values = normal_parameters(1, 0.02);
  for (int step = 0; step < steps; ++step) {
    quantizer.adapt(values, step);
    values["ctx"] *= 1.02F;
  }
  return quantizer.clusterings().at("ctx");
}

TEST(KlDivergence, IsZeroOfEqualHistograms) {
  EXPECT_EQ(kl_divergence(Histogram{3, 5, 0}, Histogram{3, 5, 0}), 0);
}

TEST(KlDivergence, SmoothsByAddingOne) {
  // (3, 1) / 4 against (1, 3) / 4 after smoothing.
  const double expected = 0.75 * std::log(3.0) + 0.25 * std::log(1.0 / 3.0);
  EXPECT_NEAR(kl_divergence(Histogram{2, 0}, Histogram{0, 2}), expected, 1e-15);
}

TEST(KlDivergence, IsOfTheFirstAgainstTheSecond) {
  const Histogram p{90, 10, 0};
  const Histogram q{40, 30, 30};
  EXPECT_NE(kl_divergence(p, q), kl_divergence(q, p));
}

TEST(ShouldRecluster, WaitsForTheIntervalHoweverLargeTheChange) {
  const QuantizerConfig config{.min_interval = 10, .kl_threshold = 1e-4};
  EXPECT_FALSE(should_recluster(config, 1, 9, Histogram{100, 0}, Histogram{0, 100}));
  EXPECT_TRUE(should_recluster(config, 1, 10, Histogram{100, 0}, Histogram{0, 100}));
}

TEST(ShouldRecluster, AsksForMoreThanTheThreshold) {
  const Histogram cached{50, 50};
  const Histogram now{55, 45};
  const double kl = kl_divergence(now, cached);
  EXPECT_FALSE(should_recluster({.kl_threshold = kl}, 1, 100, cached, now));
  EXPECT_TRUE(should_recluster({.kl_threshold = 0.999 * kl}, 1, 100, cached, now));
}

TEST(ShouldRecluster, MeasuresTheCurrentHistogramAgainstTheCachedOne) {
  const Histogram cached{90, 10};
  const Histogram now{50, 50};
  const double forward = kl_divergence(now, cached);
  const double backward = kl_divergence(cached, now);
  ASSERT_GT(forward, backward);
  const double between = 0.5 * (forward + backward);
  EXPECT_TRUE(should_recluster({.kl_threshold = between}, 1, 100, cached, now));
  EXPECT_FALSE(should_recluster({.kl_threshold = between}, 1, 100, now, cached));
}

TEST(ShouldRecluster, ComesAtEveryPermittedStepWithThresholdZero) {
  const QuantizerConfig config{.min_interval = 3, .kl_threshold = 0};
  EXPECT_TRUE(should_recluster(config, 1, 3, Histogram{5, 5}, Histogram{5, 5}));
  EXPECT_FALSE(should_recluster(config, 1, 2, Histogram{5, 5}, Histogram{5, 5}));
}

TEST(ShouldRecluster, NeverComesWithThresholdInfinity) {
  const QuantizerConfig config{.min_interval = 1, .kl_threshold = kInfinity};
  EXPECT_FALSE(should_recluster(config, 1, 1'000'000, Histogram{1000, 0}, Histogram{0, 1000}));
}

TEST(Clustering, ComesEveryIntervalWithThresholdZero) {
  EXPECT_EQ(clusterings_of_growing_weights({.min_interval = 10, .kl_threshold = 0}, 41), 5);
  EXPECT_EQ(clusterings_of_growing_weights({.min_interval = 1, .kl_threshold = 0}, 41), 41);
}

TEST(Clustering, ComesOnceWithThresholdInfinity) {
  EXPECT_EQ(clusterings_of_growing_weights({.min_interval = 1, .kl_threshold = kInfinity}, 41), 1);
}

TEST(Clustering, SeesGrowingWeightsOnlyThroughStatisticsOfTheClustering) {
  QuantizerConfig config{.bits = "2", .min_interval = 10, .kl_threshold = 1e-3};
  config.statistics = Statistics::kEveryStep;
  EXPECT_EQ(clusterings_of_growing_weights(config, 101), 1);
  config.statistics = Statistics::kAtClustering;
  EXPECT_GT(clusterings_of_growing_weights(config, 101), 3);
}

TEST(Clustering, LeavesTheCodebookAloneBetweenClusterings) {
  Quantizer quantizer({.min_interval = 100, .kl_threshold = 0});
  quantizer.adapt(normal_parameters(1, 0.02), 0);
  const QuantizerState before = quantizer.state();
  for (int step = 1; step < 100; ++step) quantizer.adapt(normal_parameters(step, 0.5), step);
  EXPECT_EQ(quantizer.state(), before);
  quantizer.adapt(normal_parameters(100, 0.5), 100);
  EXPECT_NE(quantizer.state(), before);
}

TEST(Clustering, CountsMatricesOneByOne) {
  Quantizer quantizer({.statistics = Statistics::kAtClustering, .min_interval = 1});
  ParameterMap values{{"still", Random(1).normal_matrix(8, 8, 1)},
                      {"moving", Random(2).normal_matrix(8, 8, 1)}};
  for (int step = 0; step < 4; ++step) {
    quantizer.adapt(values, step);
    values["moving"].array() += 1;
  }
  EXPECT_EQ(quantizer.clusterings(), (std::map<std::string, int>{{"moving", 4}, {"still", 1}}));
}

TEST(Clustering, OutgrowsACodebookOfEqualValues) {
  for (const Statistics statistics : {Statistics::kEveryStep, Statistics::kAtClustering}) {
    Quantizer quantizer({.statistics = statistics, .min_interval = 2, .kl_threshold = 1e-3});
    quantizer.adapt({{"w", Matrix::Zero(4, 8)}}, 0);
    const ParameterMap grown{{"w", Random(3).normal_matrix(4, 8, 1)}};
    quantizer.adapt(grown, 1);
    EXPECT_EQ(quantizer.quantize(grown, 1).at("w").maxCoeff(),
              quantizer.quantize(grown, 1).at("w").minCoeff());
    quantizer.adapt(grown, 2);
    EXPECT_GT(quantizer.quantize(grown, 2).at("w").maxCoeff(),
              quantizer.quantize(grown, 2).at("w").minCoeff());
  }
}

TEST(Clustering, IsNothingWhereTrainingIsNotQuantized) {
  for (const QuantizerConfig& config :
       {QuantizerConfig{.kind = QuantizerKind::kNone},
        QuantizerConfig{.kind = QuantizerKind::kNoise},
        QuantizerConfig{.phase = QuantizationPhase::kPostTraining}}) {
    Quantizer quantizer(config);
    quantizer.adapt(normal_parameters(1, 1), 0);
    EXPECT_TRUE(quantizer.clusterings().empty());
  }
}

}  // namespace
}  // namespace qprompt
