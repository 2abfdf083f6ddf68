#include "qprompt/adapter/tip_adapter.h"

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

const TipAdapterConfig kConfig{.alpha = 0.7, .beta = 2.5};

class TipAdapterTest : public ::testing::Test {
 protected:
  // Texts, and the cache with class `column_of[label]` for a key of this label; -1: of none.
  Plain plain_logits(const Plain& keys, const std::vector<Index>& column_of) const {
    Plain logits =
        problem_.scale * problem_.images.cast<double>() * problem_.texts.cast<double>().transpose();
    for (Index i = 0; i < logits.rows(); ++i) {
      for (Index k = 0; k < keys.rows(); ++k) {
        const Index column = column_of[static_cast<std::size_t>(sorted_labels_[k])];
        if (column < 0) continue;
        const double affinity = problem_.images.row(i).cast<double>().dot(keys.row(k));
        logits(i, column) += kConfig.alpha * std::exp(-kConfig.beta * (1 - affinity));
      }
    }
    return logits;
  }

  Problem problem_;
  const std::vector<int> sorted_labels_{0, 0, 0, 1, 1, 2, 2};
  const std::vector<Index> order_{1, 3, 6, 2, 5, 0, 4};  // of the images, class after class
  const TipAdapter tip_{kConfig, Problem::kEmbed, problem_.seen()};
  const ParameterMap values_ = tip_.initial_values(problem_.shots(), problem_.classes(), 1);
};

TEST_F(TipAdapterTest, CachesTheMeanOfAnImagesViewsClassAfterClass) {
  Plain expected(7, Problem::kEmbed);
  for (Index k = 0; k < 7; ++k) {
    const Index row = order_[static_cast<std::size_t>(k)] * Problem::kViews;
    const Eigen::RowVectorXd sum =
        problem_.features.row(row).cast<double>() + problem_.features.row(row + 1).cast<double>();
    expected.row(k) = sum / sum.norm();
  }
  expect_near(values_.at("keys"), expected);
}

TEST_F(TipAdapterTest, AddsTheCacheToTheTexts) {
  expect_near(tip_.logits(values_, problem_.classes(), problem_.images),
              plain_logits(values_.at("keys").cast<double>(), {0, 1, 2}));
}

TEST_F(TipAdapterTest, LetsOldKeysSpeakForTheirOwnClassesAmongNewOnes) {
  problem_.names = {"zebra", "red car", "bird"};  // one that it saw
  expect_near(tip_.logits(values_, problem_.classes(), problem_.images),
              plain_logits(values_.at("keys").cast<double>(), {-1, -1, 1}));
}

TEST_F(TipAdapterTest, TakesKeysForDirections) {
  ParameterMap longer = values_;
  longer.at("keys") *= 3;
  expect_near(tip_.logits(longer, problem_.classes(), problem_.images),
              plain_logits(values_.at("keys").cast<double>(), {0, 1, 2}));
}

TEST_F(TipAdapterTest, LearnsKeysOfAnyLengthByTheirSlope) {
  const TipAdapter learned(TipAdapterFConfig{kConfig}, Problem::kEmbed, problem_.seen());
  ParameterMap values = values_;
  values.at("keys") += Random(4).normal_matrix(7, Problem::kEmbed, 0.3);
  expect_pull_back(learned, problem_, values, [&](const auto& at) {
    return plain_logits(at.at("keys"), {0, 1, 2});
  });
}

TEST_F(TipAdapterTest, HasAKeyForEachImageThatItSaw) {
  EXPECT_EQ(tip_.parameters().front().rows, 7);
  EXPECT_FALSE(tip_.class_matrix(values_, problem_.classes()).has_value());
  EXPECT_THROW(TipAdapter(TipAdapterConfig{.beta = -1}, 6, {}), Error);
  EXPECT_THROW(TipAdapter(TipAdapterConfig{.alpha = std::nan("")}, 6, {}), Error);
}

}  // namespace
}  // namespace qprompt
