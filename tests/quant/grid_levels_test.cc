// Uniform and power-of-two levels: known answers, and the best grid against all grids.

#include "qprompt/quant/grid_levels.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "qprompt/core/random.h"
#include "qprompt/quant/codebook.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;

std::vector<float> levels(std::span<const float> values, int bits, Levels rule) {
  const Codebook codebook = Codebook::fit(values, bits, rule);
  return {codebook.centroids().begin(), codebook.centroids().end()};
}

std::vector<float> normal_values(std::uint64_t seed, Index n, double deviation) {
  const Matrix m = Random(seed).normal_matrix(1, n, deviation);
  return {m.data(), m.data() + m.size()};
}

// Of all powers that floats have.
double least_distortion_of_all_grids(std::span<const float> values, int magnitudes) {
  double best = std::numeric_limits<double>::infinity();
  for (int top = -126 + magnitudes; top <= 127; ++top) {
    std::vector<float> grid;
    for (int m = top - magnitudes + 1; m <= top; ++m) {
      grid.push_back(std::ldexp(1.0F, m));
      grid.push_back(-std::ldexp(1.0F, m));
    }
    std::ranges::sort(grid);
    best = std::min(best, distortion(Codebook(grid), values));
  }
  return best;
}

TEST(UniformLevels, SpanTheExtremesEvenly) {
  const std::vector<float> values{2, -1, 0.25F, 2, 0.5F};
  EXPECT_THAT(levels(values, 1, Levels::kUniform), ElementsAre(-1.0F, 2.0F));
  EXPECT_THAT(levels(values, 2, Levels::kUniform), ElementsAre(-1.0F, 0.0F, 1.0F, 2.0F));
}

TEST(UniformLevels, AreNeverFurtherThanHalfAStepFromAValue) {
  for (const int bits : {1, 3, 8}) {
    const std::vector<float> values = normal_values(1, 20'000, 0.02);
    const Codebook codebook = Codebook::fit(values, bits, Levels::kUniform);
    ASSERT_EQ(codebook.centroids().size(), std::size_t{1} << bits);
    const auto [low, high] = std::ranges::minmax(values);
    const double step = (double{high} - low) / ((1 << bits) - 1);
    for (const float value : values) {
      const double error = std::abs(double{value} - codebook.centroids()[codebook.code(value)]);
      ASSERT_LE(error, 0.5 * step + 1e-8);
    }
  }
}

TEST(UniformLevels, MoveWithAnAffineMap) {
  std::vector<float> values = normal_values(2, 100, 1);
  const std::vector<float> before = levels(values, 3, Levels::kUniform);
  for (float& value : values) value = -4 * value + 8;
  const std::vector<float> after = levels(values, 3, Levels::kUniform);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(after[i], -4 * before[7 - i] + 8, 1e-5);
}

TEST(UniformLevels, AreFewerWhereFloatsCannotTellThemApart) {
  EXPECT_THAT(levels(std::vector<float>(9, 0.3F), 8, Levels::kUniform), ElementsAre(0.3F));
  const float next = std::nextafter(1.0F, 2.0F);
  EXPECT_THAT(levels(std::vector<float>{1, next}, 8, Levels::kUniform), ElementsAre(1.0F, next));
}

TEST(UniformLevels, ReachTheExtremesOfTheLargestFloats) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_THAT(levels(std::vector<float>{-largest, largest}, 1, Levels::kUniform),
              ElementsAre(-largest, largest));
}

TEST(Log2Levels, AreSignedSuccessivePowersOfTwo) {
  const std::vector<float> values{-4, -2, 2, 4, 4, 2};
  EXPECT_THAT(levels(values, 2, Levels::kLog2), ElementsAre(-4.0F, -2.0F, 2.0F, 4.0F));
  EXPECT_THAT(levels(values, 3, Levels::kLog2),
              ElementsAre(-8.0F, -4.0F, -2.0F, -1.0F, 1.0F, 2.0F, 4.0F, 8.0F));
}

TEST(Log2Levels, AreOnePowerOfEitherSignAtOneBit) {
  EXPECT_THAT(levels(std::vector<float>{0.3F, -0.2F}, 1, Levels::kLog2),
              ElementsAre(-0.25F, 0.25F));
}

TEST(Log2Levels, AreTheBestOfAllGrids) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const int bits : {1, 2, 4, 6}) {
      std::vector<float> values = normal_values(seed, 300, std::pow(10.0, 3.0 - 2.0 * seed));
      values[7] = 1000 * values[8];  // an outlier may decide
      const Codebook chosen = Codebook::fit(values, bits, Levels::kLog2);
      const double best = least_distortion_of_all_grids(values, 1 << (bits - 1));
      EXPECT_LE(distortion(chosen, values), best * (1 + 1e-12)) << seed << ' ' << bits;
    }
  }
}

TEST(Log2Levels, ScaleWithPowersOfTwo) {
  std::vector<float> values = normal_values(3, 20'000, 1);
  const std::vector<float> before = levels(values, 4, Levels::kLog2);
  for (float& value : values) value *= 0.125F;
  const std::vector<float> after = levels(values, 4, Levels::kLog2);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i], 0.125F * before[i]);
}

TEST(Log2Levels, EndWherePowersOfTwoAreNoNormalFloats) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const float value : {tiny, std::numeric_limits<float>::min(), 1e-30F, 3e38F}) {
    const std::vector<float> found = levels(std::vector<float>{-value, value}, 8, Levels::kLog2);
    EXPECT_GE(found.size(), 2u) << value;
    for (const float level : found) EXPECT_TRUE(std::isnormal(level)) << value;
  }
}

TEST(Log2Levels, AreZeroWhereAllValuesAre) {
  EXPECT_THAT(levels(std::vector<float>{0.0F, -0.0F}, 4, Levels::kLog2), ElementsAre(0.0F));
}

}  // namespace
}  // namespace qprompt
