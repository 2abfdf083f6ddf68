#include "qprompt/core/half.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qprompt {
namespace {

TEST(Half, KnowsItsBits) {
  EXPECT_EQ(half_bits(1.0F), 0x3C00);
  EXPECT_EQ(half_bits(-2.0F), 0xC000);
  EXPECT_EQ(half_bits(65504.0F), 0x7BFF);
  EXPECT_EQ(half_bits(0x1p-24F), 0x0001);
}

TEST(Half, RoundsTiesToEven) {
  EXPECT_EQ(half_value(half_bits(1.0F + 0x1p-11F)), 1.0F);
  EXPECT_EQ(half_value(half_bits(1.0F + 0x3p-11F)), 1.0F + 0x1p-9F);
}

TEST(Half, ReturnsEveryFinitePattern) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = half_value(static_cast<std::uint16_t>(bits));
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(half_bits(value), bits);
  }
}

TEST(Half, IsExactOnlyWhereNothingIsLost) {
  Matrix m(1, 3);
  m << 0.5F, -0.0F, 65504.0F;
  EXPECT_TRUE(is_half_exact(m));
  m(0, 1) = 0.1F;
  EXPECT_FALSE(is_half_exact(m));
  EXPECT_TRUE(is_half_exact(round_to_half(m)));
}

TEST(Half, LeavesMatricesBeyondItsRangeAlone) {
  Matrix m(1, 2);
  m << 0.1F, 1e6F;
  EXPECT_EQ(round_to_half(m), m);
  const Matrix small = m.leftCols(1);
  const ParameterMap both = round_to_half({{"beyond", m}, {"within", small}});
  EXPECT_EQ(both.at("beyond"), m);
  EXPECT_EQ(both.at("within")(0, 0), half_rounded(0.1F));
}

TEST(Half, AgreesWithEigen) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    const auto expected = static_cast<float>(std::bit_cast<Eigen::half>(pattern));
    const float value = half_value(pattern);
    ASSERT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected))) << bits;
  }
}

}  // namespace
}  // namespace qprompt
