#include "qprompt/adapter/clip_adapter.h"

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

const ClipAdapterConfig kConfig{.ratio = 0.4, .reduction = 2};

class ClipAdapterTest : public ::testing::Test {
 protected:
  Plain plain_logits(const std::map<std::string, Plain>& values) const {
    const Plain f = problem_.images.cast<double>();
    const Plain hidden = (f * values.at("fc.0.weight").transpose()).cwiseMax(0.0);
    const Plain adapted = (hidden * values.at("fc.2.weight").transpose()).cwiseMax(0.0);
    const Plain g = 0.4 * adapted + 0.6 * f;
    Plain logits(g.rows(), 3);
    for (Index i = 0; i < g.rows(); ++i) {
      for (Index c = 0; c < 3; ++c) {
        logits(i, c) = problem_.scale * cosine(g.row(i), problem_.texts.row(c).cast<double>());
      }
    }
    return logits;
  }

  Problem problem_;
  const ClipAdapter learner_{kConfig, Problem::kEmbed};
};

TEST_F(ClipAdapterTest, AdaptsImagesAndGivesTheSlope) {
  // Weights that leave enough of both layers above zero.
  ParameterMap values;
  values["fc.0.weight"] = Random(5).normal_matrix(3, Problem::kEmbed, 1);
  values["fc.2.weight"] = Random(6).normal_matrix(Problem::kEmbed, 3, 1).cwiseAbs();
  expect_pull_back(learner_, problem_, values, [&](const auto& at) { return plain_logits(at); });
}

TEST_F(ClipAdapterTest, IsTheSameForFeaturesOfAnyLength) {
  const ParameterMap values = learner_.initial_values(problem_.shots(), problem_.classes(), 3);
  EXPECT_TRUE(learner_.logits(values, problem_.classes(), 7 * problem_.images)
                  .isApprox(learner_.logits(values, problem_.classes(), problem_.images), 1e-5f));
}

TEST_F(ClipAdapterTest, StartsAsALinearLayerOfPyTorch) {
  const ParameterMap values = learner_.initial_values(problem_.shots(), problem_.classes(), 3);
  EXPECT_EQ(values.at("fc.0.weight").rows(), 3);
  EXPECT_EQ(values.at("fc.2.weight").rows(), Problem::kEmbed);
  EXPECT_LE(values.at("fc.0.weight").cwiseAbs().maxCoeff(), 1 / std::sqrt(6.0f));
  EXPECT_LE(values.at("fc.2.weight").cwiseAbs().maxCoeff(), 1 / std::sqrt(3.0f));
  EXPECT_NE(values, learner_.initial_values(problem_.shots(), problem_.classes(), 4));
}

TEST_F(ClipAdapterTest, RefusesWhatIsNoNetwork) {
  EXPECT_THROW(ClipAdapter({.ratio = 1.5}, 6), Error);
  EXPECT_THROW(ClipAdapter({.reduction = 0}, 6), Error);
  EXPECT_THROW(ClipAdapter({.reduction = 7}, 6), Error);
}

}  // namespace
}  // namespace qprompt
