#include "qprompt/tune/candidates.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "qprompt/core/fields.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<TuneCandidate> candidates(TuneGoal goal, const std::vector<std::string>& methods = {},
                                      const Settings& given = {}) {
  std::set<std::string> unknown;
  auto all = candidates_for(goal, methods, given, unknown);
  EXPECT_THAT(unknown, IsEmpty());
  return all;
}

std::vector<std::string> names(const std::vector<TuneCandidate>& candidates) {
  std::vector<std::string> names;
  for (const TuneCandidate& candidate : candidates) names.push_back(candidate.name);
  return names;
}

class CandidatesForEveryGoal : public ::testing::TestWithParam<TuneGoal> {};

TEST_P(CandidatesForEveryGoal, BeginWithZeroShotAndDifferInTheirNames) {
  const auto all = candidates(GetParam());
  EXPECT_TRUE(all.front().is_zero_shot());
  EXPECT_GT(all.size(), 10u);
  auto sorted = names(all);
  std::ranges::sort(sorted);
  EXPECT_TRUE(std::ranges::adjacent_find(sorted) == sorted.end());
}

TEST_P(CandidatesForEveryGoal, HoldPromptsLearnersOnFeaturesAndTheirMean) {
  bool prompt = false, on_features = false, mean = false;
  for (const TuneCandidate& candidate : candidates(GetParam())) {
    mean = mean || candidate.parts.size() == 2;
    if (candidate.parts.size() != 1) continue;
    const bool features = learns_on_features(candidate.parts.front().method);
    (features ? on_features : prompt) = true;
  }
  EXPECT_TRUE(prompt && on_features && mean);
}

TEST_P(CandidatesForEveryGoal, CanServeIt) {
  if (GetParam() == TuneGoal::kSame) return;
  for (const TuneCandidate& candidate : candidates(GetParam())) {
    for (const LearnConfig& part : candidate.parts) EXPECT_TRUE(takes_new_classes(part.method));
  }
}

INSTANTIATE_TEST_SUITE_P(Goals, CandidatesForEveryGoal,
                         ::testing::Values(TuneGoal::kNew, TuneGoal::kSame, TuneGoal::kAll),
                         [](const auto& goal) { return enum_name(goal.param); });

TEST(Candidates, OfMethodsThatWereAskedForHaveEveryRate) {
  EXPECT_THAT(names(candidates(TuneGoal::kNew, {"qcoop", "clap", "coop & qclap"})),
              ElementsAre("zeroshot", "qcoop lr=0.002", "qcoop lr=0.01", "qcoop lr=0.03", "clap",
                          "coop lr=0.002 & qclap", "coop lr=0.01 & qclap", "coop lr=0.03 & qclap"));
}

TEST(Candidates, HaveWhatWasGivenAndAreTriedOnce) {
  const auto all = candidates(TuneGoal::kNew, {"qcoop"}, {{"lr", "0.1"}, {"epochs", "7"}});
  ASSERT_THAT(names(all), ElementsAre("zeroshot", "qcoop lr=0.1"));
  EXPECT_EQ(all.back().parts.front().training.epochs, 7);
}

TEST(Candidates, AreNotQuantizedWhereFullPrecisionWasAskedFor) {
  for (const TuneCandidate& candidate : candidates(TuneGoal::kNew, {}, {{"quantizer", "none"}})) {
    for (const LearnConfig& part : candidate.parts) {
      EXPECT_FALSE(has_codebook(part.training.quantizer.kind)) << candidate.name;
    }
  }
}

TEST(Candidates, TellWhatNoneOfThemHas) {
  std::set<std::string> unknown;
  candidates_for(TuneGoal::kNew, {"qcoop"}, {{"depth", "3"}, {"lr", "0.1"}}, unknown);
  EXPECT_THAT(unknown, ElementsAre("depth"));
}

TEST(Candidates, ThatHaveNoAnswerForNewClassesAreRefusedByName) {
  EXPECT_THAT(testing::error_of([] { candidates(TuneGoal::kNew, {"class-means"}); }),
              AllOf(HasSubstr("'class-means'"), HasSubstr("--for same")));
  EXPECT_THAT(names(candidates(TuneGoal::kSame, {"class-means"})), Contains("class-means"));
}

TEST(Candidates, DoNotChooseEpochsThemselves) {
  const Settings best_val{{"model_choice", "best_val"}};
  EXPECT_THAT(testing::error_of([&] { candidates(TuneGoal::kNew, {"coop"}, best_val); }),
              HasSubstr("best_val"));
}

TEST(Candidates, ThatNobodyKnowsAreNamed) {
  EXPECT_THAT(testing::error_of([] { candidates(TuneGoal::kNew, {"qcop"}); }), HasSubstr("cop"));
}

}  // namespace
}  // namespace qprompt
