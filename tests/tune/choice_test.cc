#include "qprompt/tune/choice.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

// A candidate whose learned and novel accuracies are equal, so that they are its score; by fold and
// epoch. `changed` is the same everywhere.
TrialTable table(const std::vector<std::vector<double>>& folds, double changed = 0.1) {
  TrialTable table;
  for (const auto& epochs : folds) {
    std::vector<Judgement>& fold = table.folds.emplace_back();
    for (const double value : epochs) fold.push_back({value, value, changed});
  }
  return table;
}

const TrialTable kZeroShot = table({{0.5}, {0.6}}, 0);

Pick pick_of(const std::vector<TrialTable>& tables, ChoiceRule rule = ChoiceRule::kBest) {
  return pick(tables, TuneGoal::kNew, rule);
}

TEST(Score, IsTheHarmonicMeanWhereClassesWillBeAdded) {
  EXPECT_DOUBLE_EQ(score(TuneGoal::kNew, {0.6, 0.3, 0}), 0.4);
  EXPECT_DOUBLE_EQ(score(TuneGoal::kAll, {0.6, 0.3, 0}), 0.4);
  EXPECT_DOUBLE_EQ(score(TuneGoal::kSame, {0.6, 0.3, 0}), 0.6);
}

TEST(MeanAndError, AreThoseOfASample) {
  const std::vector<double> values{1, 2, 3, 6};
  // s = sqrt(14 / 3), and s / sqrt(4)
  EXPECT_DOUBLE_EQ(mean_and_error(values).mean, 3);
  EXPECT_DOUBLE_EQ(mean_and_error(values).error, std::sqrt(14.0 / 3) / 2);
  EXPECT_EQ(mean_and_error(std::vector<double>{4}).error, 0);
}

TEST(Choice, IsTheBestMeanOfAllCandidatesAndEpochs) {
  const std::vector<TrialTable> tables{kZeroShot, table({{0.55, 0.6, 0.4}, {0.65, 0.72, 0.7}}),
                                       table({{0.55, 0.7}, {0.6, 0.6}})};
  EXPECT_EQ(pick_of(tables), (Pick{1, 1}));  // 0.66 against 0.65 and 0.55 of zero-shot
}

TEST(Choice, IsTheEarliestOfEquals) {
  EXPECT_EQ(pick_of({kZeroShot, table({{0.7, 0.7}, {0.8, 0.8}}), table({{0.7}, {0.8}})}),
            (Pick{1, 0}));
}

// Gains of 0.2 and -0.1 have a mean of 0.05 and a standard error of 0.15.
TEST(Choice, IsZeroShotUnlessItIsBeatenByMoreThanTheFoldsSpread) {
  EXPECT_EQ(pick_of({kZeroShot, table({{0.7}, {0.5}})}), (Pick{0, 0}));
  EXPECT_EQ(pick_of({kZeroShot, table({{0.7}, {0.7}})}), (Pick{1, 0}));
  EXPECT_EQ(pick_of({kZeroShot, table({{0.4}, {0.5}})}), (Pick{0, 0}));
}

TEST(Choice, LooksAtThoseThatWereTriedOnAllFolds) {
  EXPECT_EQ(pick_of({kZeroShot, table({{0.9, 0.95}}), table({{0.6}, {0.7}})}), (Pick{2, 0}));
}

TEST(Choice, OfOneFoldIsStillOne) {
  EXPECT_EQ(pick_of({table({{0.5}}, 0), table({{0.4, 0.6}})}), (Pick{1, 1}));
}

// A fold on which zero-shot stands alone, since the budget ended there, tells nothing.
TEST(Choice, ForgetsAFoldThatNoCandidateReached) {
  EXPECT_EQ(pick_of({kZeroShot, table({{0.6}})}), (Pick{1, 0}));
}

TEST(Choice, OfNothingIsAnError) {
  EXPECT_THAT(testing::error_of([] {
                pick_of({TrialTable{}, TrialTable{}});
              }),
              ::testing::HasSubstr("nothing was tried"));
}

// 0.75 and 0.74: the differences 0.02 and 0 have a mean and a standard error of 0.01.
TEST(OneStandardError, TakesTheSmallerChange) {
  const std::vector<TrialTable> tables{kZeroShot, table({{0.71}, {0.79}}, 0.3),
                                       table({{0.69}, {0.79}}, 0.1), table({{0.6}, {0.7}}, 0.01)};
  EXPECT_EQ(pick_of(tables), (Pick{1, 0}));
  EXPECT_EQ(pick_of(tables, ChoiceRule::kOneSe), (Pick{2, 0}));
}

TEST(Ranking, IsByTheBestEpochOfEach) {
  const std::vector<TrialTable> tables{kZeroShot, table({{0.1, 0.9}}), table({{0.8}}),
                                       TrialTable{}};
  EXPECT_THAT(ranking(tables, TuneGoal::kNew, 1), ::testing::ElementsAre(1, 2, 0));
}

// Fold by fold another epoch looks best on the rest: 0.9 and 0.9 were seen, 0.3 and 0.2 are what
// the other fold's choice gives.
TEST(Expectation, IsWhatOtherFoldsChoose) {
  const std::vector<TrialTable> tables{table({{0.1}, {0.1}}, 0), table({{0.9, 0.3}, {0.2, 0.9}})};
  const Expectation expected = expectation(tables, TuneGoal::kNew, ChoiceRule::kBest);
  EXPECT_DOUBLE_EQ(expected.score.mean, 0.25);
  EXPECT_DOUBLE_EQ(expected.score.error, 0.05);
  EXPECT_DOUBLE_EQ(seen(tables[1], 0, TuneGoal::kNew).score.mean, 0.55);
}

TEST(Expectation, OfAChoiceThatFoldsAgreeOnIsTheirMean) {
  const std::vector<TrialTable> tables{kZeroShot, table({{0.4, 0.7}, {0.5, 0.9}})};
  const Expectation expected = expectation(tables, TuneGoal::kNew, ChoiceRule::kBest);
  EXPECT_DOUBLE_EQ(expected.score.mean, 0.8);
  EXPECT_DOUBLE_EQ(expected.learned.mean, 0.8);
}

}  // namespace
}  // namespace qprompt
