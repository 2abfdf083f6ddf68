#include "qprompt/core/finite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace qprompt {
namespace {

TEST(AllFinite, NoticesOneBadValueAnywhere) {
  std::vector<float> values(3000, -std::numeric_limits<float>::max());
  EXPECT_TRUE(all_finite(values));
  EXPECT_TRUE(all_finite(Matrix()));
  for (const std::size_t at : {std::size_t{0}, std::size_t{1500}, values.size() - 1}) {
    for (const float bad : {std::nanf(""), -std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
      std::vector<float> damaged = values;
      damaged[at] = bad;
      EXPECT_FALSE(all_finite(damaged)) << at << " " << bad;
    }
  }
}

}  // namespace
}  // namespace qprompt
