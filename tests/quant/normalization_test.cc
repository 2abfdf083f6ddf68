#include "qprompt/quant/normalization.h"

#include <gmock/gmock.h>

namespace qprompt {
namespace {

using ::testing::ElementsAre;

TEST(Normalization, TakesThePopulationDeviation) {
  EXPECT_EQ(statistics_of(std::vector<float>{1, 3}), (Normalization{2, 1}));
  EXPECT_EQ(statistics_of(std::vector<float>{2, 4, 4, 4, 5, 5, 7, 9}), (Normalization{5, 2}));
}

TEST(Normalization, GivesMeanZeroAndDeviationOne) {
  const std::vector<float> values{-3, 0.5F, 8, 8, 1};
  const auto w_hat = normalized(values, statistics_of(values));
  EXPECT_NEAR(statistics_of(w_hat).mean, 0, 1e-6);
  EXPECT_NEAR(statistics_of(w_hat).standard_deviation, 1, 1e-6);
}

TEST(Normalization, GivesZerosWhereAllValuesAreEqual) {
  const std::vector<float> values(3, 0.1F);
  EXPECT_EQ(statistics_of(values), (Normalization{0.1F, 0}));
  EXPECT_THAT(normalized(values, statistics_of(values)), ElementsAre(0.0F, 0.0F, 0.0F));
}

TEST(Normalization, SurvivesTheLargestFloats) {
  const std::vector<float> values{-3e38F, 3e38F};
  EXPECT_THAT(normalized(values, statistics_of(values)), ElementsAre(-1.0F, 1.0F));
}

}  // namespace
}  // namespace qprompt
