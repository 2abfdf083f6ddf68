#include "qprompt/inference/known_score.h"

#include <cmath>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Matrix row(std::initializer_list<float> values) {
  Matrix matrix(1, static_cast<Index>(values.size()));
  std::ranges::copy(values, matrix.data());
  return matrix;
}

TEST(KnownScore, OfLogitsAreThePublishedFormulas) {
  const Matrix logits = row({2, 1, -1});
  const double sum = std::exp(2.0) + std::exp(1.0) + std::exp(-1.0);
  EXPECT_NEAR(max_probability(logits)[0], std::exp(2.0) / sum, 1e-6);
  EXPECT_NEAR(probability_margin(logits)[0], (std::exp(2.0) - std::exp(1.0)) / sum, 1e-6);
  EXPECT_EQ(max_logit(logits)[0], 2);
  EXPECT_NEAR(energy(logits)[0], std::log(sum), 1e-6);
  EXPECT_EQ(known_scores(logits), max_logit(logits));
}

TEST(KnownScore, OfOneClassIsSureOfIt) {
  EXPECT_EQ(max_probability(row({3}))[0], 1);
  EXPECT_EQ(probability_margin(row({3}))[0], 1);
  EXPECT_EQ(energy(row({3}))[0], 3);
}

TEST(KnownScore, OfLargeLogitsStaysFinite) {
  EXPECT_EQ(energy(row({1000, 0}))[0], 1000);
  EXPECT_EQ(word_contrast(row({1}), row({-1}))[0], 0);
  EXPECT_NEAR(word_contrast(row({-1}), row({1}))[0], -200, 1e-4);
}

TEST(KnownScore, AgainstWordsIsTheLogOfTheClassesShare) {
  const double classes = std::exp(30.0) + std::exp(20.0), words = std::exp(29.0) + std::exp(28.0);
  EXPECT_NEAR(word_contrast(row({0.3F, 0.2F}), row({0.29F, 0.28F}))[0],
              std::log(classes / (classes + words)), 1e-4);
}

// Ten images that score 1 .. 10, of which the five lowest and the highest but one are wrong.
HeldOutScores ten() {
  HeldOutScores images;
  for (int i = 1; i <= 10; ++i) {
    images.scores.push_back(i);
    images.right.push_back(i > 5 && i != 9 ? 1 : 0);
  }
  return images;
}

double threshold(const std::string& rule, const HeldOutScores& images = ten()) {
  return threshold_of(unknown_rule(rule), images);
}

TEST(UnknownThreshold, KeepsTheShareOfHeldOutImages) {
  EXPECT_EQ(threshold("coverage=1"), 1);
  EXPECT_EQ(threshold("coverage=0.9"), 2);
  EXPECT_EQ(threshold("coverage=0.85"), 2);  // never fewer than asked for
  EXPECT_EQ(threshold("coverage=0.01"), 10);
  EXPECT_EQ(threshold("auto"), 1);
  HeldOutScores many;
  for (int i = 0; i < 100; ++i) many.scores.push_back(i);
  many.right.assign(100, 1);
  EXPECT_EQ(threshold("auto", many), 5);
}

TEST(UnknownThreshold, AnswersWithTheShareOfRightAnswers) {
  EXPECT_EQ(threshold("precision=0.8"), 6);  // 4 of 5; above 7 it is 3 of 4
  EXPECT_EQ(threshold("precision=0.75"), 6);
  EXPECT_EQ(threshold("precision=0.4"), 1);
  EXPECT_EQ(threshold("precision=1"), 10);
  HeldOutScores wrong = ten();
  wrong.right.back() = 0;
  EXPECT_THAT(testing::error_of([&] { threshold("precision=0.9", wrong); }),
              HasSubstr("the best on the 10 held-out images is 0.6"));
}

TEST(UnknownThreshold, DoesNotTakeEqualsApart) {
  const HeldOutScores images{{1, 2, 2, 3}, {0, 0, 1, 1}};
  EXPECT_EQ(threshold("precision=0.7", images), 3);  // of those from 2 on 2 of 3 are right
  EXPECT_EQ(threshold("precision=0.6", images), 2);
}

TEST(UnknownThreshold, NeedsImages) {
  EXPECT_THAT(testing::error_of([] { threshold("auto", {}); }), HasSubstr("0 held-out images"));
  EXPECT_THAT(testing::error_of([] {
                threshold("auto", {{1, 2}, {1}});
              }),
              HasSubstr("2 held-out images and 1 answers"));
}

TEST(UnknownRule, IsReadOrRefused) {
  for (const std::string text : {"", "0.9", "coverage", "coverage=", "coverage=0", "coverage=1.1",
                                 "coverage=nan", "recall=0.5", "coverage=0.5x", "auto "}) {
    EXPECT_THAT(testing::error_of([&] { unknown_rule(text); }), HasSubstr("'" + text + "'"));
  }
  EXPECT_EQ(unknown_rule("precision=.5").share, 0.5);
}

TEST(HeldOutScoresTest, AreSortedWithTheirAnswers) {
  Matrix raw(3, 2);
  raw << 3, 0,  //
      0, 1,     //
      2, 1;
  const HeldOutScores images = held_out_scores(raw, {true, false, true});
  EXPECT_THAT(images.scores, ElementsAre(1, 2, 3));
  EXPECT_THAT(images.right, ElementsAre(0, 1, 1));
}

TEST(HeldOutScoresTest, OfManyAreEvenlySpacedWithBothEnds) {
  Matrix raw(5001, 1);
  for (Index i = 0; i < raw.rows(); ++i) raw(i, 0) = static_cast<float>(5000 - i);
  const HeldOutScores images = held_out_scores(raw, std::vector<bool>(5001, true));
  ASSERT_EQ(images.scores.size(), 1000u);
  EXPECT_EQ(images.scores.front(), 0);
  EXPECT_EQ(images.scores.back(), 5000);
  EXPECT_NEAR(images.scores[500], 2500, 6);
}

}  // namespace
}  // namespace qprompt
