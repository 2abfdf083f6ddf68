#include "qprompt/quant/codebook.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Codebook, ReproducesValuesWhenTheyAreFewerThanCentroids) {
  const std::vector<float> values{0.1F, -3.0F, 1e-20F, 0.1F, 7e8F};
  for (const Levels levels : {Levels::kOptimalKMeans, Levels::kLloydKMeans}) {
    const Codebook codebook = Codebook::fit(values, 3, levels);
    EXPECT_EQ(distortion(codebook, values), 0);
    EXPECT_EQ(codebook.centroids().size(), 4u);
  }
}

TEST(Codebook, ReproducesManyValuesOfFewKinds) {
  std::vector<float> values(50'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.1F * static_cast<float>(i % 256);
  EXPECT_EQ(distortion(Codebook::fit(values, 8), values), 0);
}

TEST(Codebook, HasOneCentroidWhereAllValuesAreEqual) {
  const std::vector<float> values(20'000, 0.3F);
  EXPECT_THAT(Codebook::fit(values, 4).centroids(), ElementsAre(0.3F));
}

TEST(Codebook, TakesBothZerosForOneValue) {
  for (const std::size_t n : {9u, 30'000u}) {
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; i += 3) {
      values[i] = -0.0F;
      values[i + 1] = 1.0F;
    }
    EXPECT_THAT(Codebook::fit(values, 4).centroids(), ElementsAre(0.0F, 1.0F));
  }
}

TEST(Codebook, SeparatesTwoClustersAtOneBit) {
  const std::vector<float> values{10, 1, 2, 3, 11, 12};
  EXPECT_THAT(Codebook::fit(values, 1).centroids(), ElementsAre(2.0F, 11.0F));
}

TEST(Codebook, GivesATieToTheLowerCentroid) {
  const Codebook codebook({-1, 1, 3});
  EXPECT_EQ(codebook.code(0.0F), 0);
  EXPECT_EQ(codebook.code(std::nextafter(0.0F, 1.0F)), 1);
  EXPECT_EQ(codebook.code(2.0F), 1);
  EXPECT_EQ(codebook.code(std::nextafter(2.0F, 3.0F)), 2);
}

TEST(Codebook, FindsTheNearestCentroidWhereTheMidpointIsNoFloat) {
  float low = 1.0F;
  for (int i = 0; i < 4; ++i) {  // the midpoint of neighbours rounds down and up in turn
    const float high = std::nextafter(low, 2.0F);
    const Codebook codebook({low, high});
    EXPECT_EQ(codebook.code(low), 0);
    EXPECT_EQ(codebook.code(high), 1);
    low = high;
  }
}

TEST(Codebook, FindsTheNearestCentroidForEveryNumberOfThem) {
  Random random(1);
  for (int n = 1; n <= 256; n += 5) {
    std::vector<float> centroids;
    float at = -20;
    for (int i = 0; i < n; ++i) {
      at += static_cast<float>(random.uniform(0.01, 1));
      centroids.push_back(at);
    }
    const Codebook codebook(centroids);
    for (int trial = 0; trial < 100; ++trial) {
      const auto value = static_cast<float>(random.uniform(-30, at + 10));
      const float chosen = std::abs(value - centroids[codebook.code(value)]);
      for (const float centroid : centroids) EXPECT_LE(chosen, std::abs(value - centroid));
    }
  }
}

TEST(Codebook, DecodesCodesToCentroidsAndRefusesOthers) {
  const Codebook codebook({-1, 2, 5});
  std::vector<float> values(3);
  codebook.decode(std::vector<std::uint8_t>{2, 0, 1}, values);
  EXPECT_THAT(values, ElementsAre(5.0F, -1.0F, 2.0F));
  EXPECT_THROW(codebook.decode(std::vector<std::uint8_t>{2, 0, 3}, values), Error);
  EXPECT_THROW(codebook.decode(std::vector<std::uint8_t>{2}, values), Error);
}

TEST(Codebook, RefusesNothingNaNInfinityAndImpossibleWidths) {
  EXPECT_THROW(Codebook::fit({}, 1), Error);
  EXPECT_THROW(Codebook::fit(std::vector<float>{1, kNaN}, 1), Error);
  EXPECT_THROW(Codebook::fit(std::vector<float>{1, -kInfinity}, 1), Error);
  EXPECT_THROW(Codebook::fit(std::vector<float>{1, 2}, 0), Error);
  EXPECT_THROW(Codebook::fit(std::vector<float>{1, 2}, 9), Error);
}

TEST(Codebook, RefusesCentroidsThatDoNotAscend) {
  EXPECT_THROW(Codebook({}), Error);
  EXPECT_THROW(Codebook({1, 1}), Error);
  EXPECT_THROW(Codebook({2, 1}), Error);
  EXPECT_THROW(Codebook({1, kNaN}), Error);
  EXPECT_THROW(Codebook(std::vector<float>(257)), Error);
}

}  // namespace
}  // namespace qprompt
