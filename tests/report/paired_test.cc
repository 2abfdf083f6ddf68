#include "qprompt/report/paired.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/error.h"
#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

TEST(Paired, DifferencesAreOfRunsWithTheSameSeed) {
  const std::vector<RunRecord> runs{
      run_of("coop", 1, {{"base", 0.5}}), run_of("coop", 2, {{"base", 0.7}}),
      run_of("qcoop", 1, {{"base", 0.6}}), run_of("qcoop", 2, {{"base", 0.68}}),
      run_of("qcoop", 3, {{"base", 0.9}})};
  const auto differences = paired_differences(runs);
  ASSERT_EQ(differences.size(), 1);
  EXPECT_EQ(differences[0].label, "qcoop");
  EXPECT_EQ(differences[0].against, "coop");
  EXPECT_EQ(differences[0].pairs, 2);
  EXPECT_EQ(differences[0].wins, 1);
  EXPECT_NEAR(differences[0].difference.mean, 4, 1e-9);
  EXPECT_NEAR(differences[0].difference.deviation, 6, 1e-9);
}

TEST(Paired, ZeroShotIsThePairOfEverySeed) {
  const std::vector<RunRecord> runs{run_of("zeroshot", 0, {{"base", 0.5}}, "DTD", 0),
                                    run_of("coop", 1, {{"base", 0.6}}),
                                    run_of("coop", 2, {{"base", 0.5}})};
  const auto differences = paired_differences(runs, "zeroshot");
  ASSERT_EQ(differences.size(), 1);
  EXPECT_EQ(differences[0].pairs, 2);
  EXPECT_EQ(differences[0].wins, 1);
  EXPECT_EQ(differences[0].ties, 1);
}

TEST(Paired, OtherDataShotsOrModelsAreNoPairs) {
  std::vector<RunRecord> runs{
      run_of("coop", 1, {{"base", 0.5}}, "DTD"), run_of("qcoop", 1, {{"base", 0.5}}, "EuroSAT"),
      run_of("maple", 1, {{"base", 0.5}}, "DTD", 4), run_of("cocoop", 1, {{"base", 0.5}}, "DTD")};
  runs[3].model_identity = "another";
  EXPECT_TRUE(paired_differences(runs).empty());
}

TEST(Paired, ARunOnAllImagesIsNotZeroShot) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.5}}, "DTD", 0),
                                    run_of("qcoop", 1, {{"base", 0.6}}, "DTD", 16)};
  EXPECT_TRUE(paired_differences(runs).empty());
}

TEST(Paired, OtherImagesUnderOneNameAreNoPairs) {
  std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.5}}),
                              run_of("qcoop", 1, {{"base", 0.6}})};
  const auto pairs_with = [&](const std::string& source, const std::string& target) {
    runs[0].images_hash = runs[0].targets[0].images_hash = "a";
    runs[1].images_hash = source;
    runs[1].targets[0].images_hash = target;
    return paired_differences(runs).size();
  };
  EXPECT_EQ(pairs_with("a", "a"), 1);
  EXPECT_EQ(pairs_with("", ""), 1);  // nothing is said of them
  EXPECT_EQ(pairs_with("b", "a"), 0);
  EXPECT_EQ(pairs_with("a", "b"), 0);
}

TEST(Paired, CompareHToo) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.8}, {"new", 0.4}}),
                                    run_of("qcoop", 1, {{"base", 0.6}, {"new", 0.6}})};
  const auto differences = paired_differences(runs);
  ASSERT_EQ(differences.size(), 3);
  EXPECT_EQ(differences[2].measure, "H");
  EXPECT_NEAR(differences[2].difference.mean, 60 - 160.0 / 3, 1e-9);
}

TEST(Paired, ABaselineThatIsNotThereIsAnErrorThatNamesThoseThatAre) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.5}})};
  try {
    paired_differences(runs, "maple");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "baseline 'maple', expected one of coop");
  }
}

}  // namespace
}  // namespace qprompt::report
