#include "qprompt/core/ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/thread_ranks.h"

namespace qprompt {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::on_ranks;
using Shared = std::shared_ptr<Ranks>;

TEST(PartOf, CutsAListWithoutGapsIntoPartsOfAlmostOneSize) {
  for (const Index count : {0, 1, 2, 7, 100}) {
    for (const int size : {1, 2, 3, 8}) {
      const auto parts =
          on_ranks(size, [&](const Shared& ranks) { return part_of(*ranks, count); });
      Index next = 0;
      for (const Part& part : parts) {
        EXPECT_EQ(part.first, next);
        EXPECT_GE(part.count, count / size);
        EXPECT_LE(part.count, count / size + 1);
        next += part.count;
      }
      EXPECT_EQ(next, count);
    }
  }
}

TEST(Ranks, AProcessAloneHasWhatItHas) {
  const Ranks alone;
  EXPECT_TRUE(alone.is_root());
  EXPECT_THAT(gather(alone, "text"), ElementsAre("text"));
  EXPECT_TRUE(any(alone, true));
  EXPECT_FALSE(any(alone, false));
  EXPECT_TRUE(agree(alone, 7));
  ParameterMap values{{"ctx", Matrix::Constant(2, 3, 5)}};
  sum(alone, values);
  EXPECT_EQ(values.at("ctx"), Matrix::Constant(2, 3, 5));
}

TEST(Ranks, GatherTextsOfAnyLength) {
  const auto all = on_ranks(3, [](const Shared& ranks) {
    return gather(*ranks, std::string(static_cast<std::size_t>(2 * ranks->rank()), 'x'));
  });
  EXPECT_THAT(all, Each(ElementsAre("", "xx", "xxxx")));
}

TEST(Ranks, GatherRowsInTheirOrder) {
  Matrix whole(7, 2);
  for (Index i = 0; i < whole.size(); ++i) whole.data()[i] = static_cast<float>(i);
  const auto gathered = on_ranks(3, [&](const Shared& ranks) {
    return split_rows(*ranks, whole.rows(),
                      [&](Part part) { return Matrix(whole.middleRows(part.first, part.count)); });
  });
  EXPECT_THAT(gathered, Each(whole));
}

TEST(Ranks, GatherRowsOfFewerThanTheyAre) {
  const auto gathered = on_ranks(3, [](const Shared& ranks) {
    return split_rows(*ranks, 1, [](Part part) { return Matrix(Matrix::Ones(part.count, 4)); });
  });
  EXPECT_THAT(gathered, Each(Matrix(Matrix::Ones(1, 4))));
}

TEST(Ranks, SumMatricesByName) {
  const auto sums = on_ranks(3, [](const Shared& ranks) {
    const auto own = static_cast<float>(ranks->rank() + 1);
    ParameterMap values{{"bias", Matrix::Constant(1, 2, own)},
                        {"ctx", Matrix::Constant(2, 3, 10 * own)}};
    sum(*ranks, values);
    return values;
  });
  for (const ParameterMap& values : sums) {
    EXPECT_EQ(values.at("bias"), Matrix::Constant(1, 2, 6));
    EXPECT_EQ(values.at("ctx"), Matrix::Constant(2, 3, 60));
  }
}

TEST(Ranks, HearWhatIsSoOnOneOfThem) {
  EXPECT_THAT(on_ranks(3, [](const Shared& ranks) { return any(*ranks, ranks->rank() == 2); }),
              Each(true));
  EXPECT_THAT(on_ranks(3, [](const Shared& ranks) { return any(*ranks, false); }), Each(false));
}

TEST(Ranks, HearThatTheyDiffer) {
  EXPECT_THAT(on_ranks(3, [](const Shared& ranks) { return agree(*ranks, 5); }), Each(true));
  EXPECT_THAT(on_ranks(3, [](const Shared& ranks) { return agree(*ranks, ranks->rank() / 2); }),
              Each(false));
}

}  // namespace
}  // namespace qprompt
