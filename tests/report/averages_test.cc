#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/report/accuracy_tables.h"
#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

TEST(Averages, HIsThatOfTheMeansAndItsDeviationThatOfTheRuns) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.8}, {"new", 0.4}}),
                                    run_of("coop", 2, {{"base", 0.6}, {"new", 0.6}})};
  const std::vector<Group> groups = groups_of(runs);
  ASSERT_EQ(groups.size(), 1);
  const auto h = mean_of(groups[0], kH);
  EXPECT_NEAR(h->mean, 2 * 70.0 * 50 / 120, 1e-9);
  EXPECT_NEAR(h->deviation, (60 - 160.0 / 3) / 2, 1e-9);
  EXPECT_NEAR(mean_of(groups[0], kBase)->deviation, 10, 1e-9);  // population
}

TEST(Averages, OverDataSetsHIsThatOfTheAveragedAccuracies) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.9}, {"new", 0.3}}, "DTD"),
                                    run_of("coop", 1, {{"base", 0.5}, {"new", 0.7}}, "EuroSAT")};
  const std::vector<Group> groups = groups_of(runs);
  const std::vector<AverageRow> rows = average_rows(groups);
  ASSERT_EQ(rows.size(), 1);
  EXPECT_NEAR(rows[0].mean_of(kBase)->mean, 70, 1e-9);
  EXPECT_NEAR(rows[0].mean_of(kH)->mean, 2 * 70.0 * 50 / 120, 1e-9);
  EXPECT_FALSE(rows[0].has_deviation());
}

TEST(Averages, OfTransferLeaveOutTheDataSetThatWasLearnedFrom) {
  RunRecord run =
      run_of("coop", 1, {{"ImageNet", 0.7}, {"DTD", 0.4}, {"EuroSAT", 0.5}}, "ImageNet");
  const std::vector<Measure> all = measures(run);
  EXPECT_EQ(all.back().name, kAverage);
  EXPECT_NEAR(all.back().value, 45, 1e-9);
}

TEST(Averages, SayOfHowManyDataSetsTheyAre) {
  const std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.9}, {"new", 0.3}}, "DTD"),
                                    run_of("qcoop", 1, {{"base", 0.5}, {"new", 0.7}}, "DTD"),
                                    run_of("qcoop", 1, {{"base", 0.5}, {"new", 0.7}}, "EuroSAT")};
  const std::vector<Group> groups = groups_of(runs);
  const Table table = averages_table(groups);
  ASSERT_EQ(table.rows.size(), 2);
  EXPECT_EQ(table.rows[0][0].text, "1 of 2");
  EXPECT_EQ(table.rows[1][0].text, "2");
}

TEST(Averages, ByShotsHaveAColumnForEachAndOneForZeroShot) {
  const std::vector<RunRecord> runs{run_of("zeroshot", 0, {{"test", 0.5}}, "DTD", 0),
                                    run_of("coop", 1, {{"test", 0.6}}, "DTD", 1),
                                    run_of("coop", 1, {{"test", 0.7}}, "DTD", 16)};
  const std::vector<Group> groups = groups_of(runs);
  const Table table = shots_table(groups);
  ASSERT_EQ(table.columns.size(), 5);
  EXPECT_EQ(table.columns[3].name, "1 shot");
  EXPECT_EQ(table.columns[4].name, "16 shots");
  EXPECT_NEAR(*table.rows[0][2].number, 50, 1e-9);
  EXPECT_NEAR(*table.rows[1][4].number, 70, 1e-9);
  EXPECT_FALSE(table.rows[1][2].number);
}

TEST(Averages, OfRunsOnAllImagesAreNotZeroShot) {
  const std::vector<RunRecord> runs{run_of("zeroshot", 0, {{"test", 0.5}}, "DTD", 0),
                                    run_of("coop", 1, {{"test", 0.8}}, "DTD", 0),
                                    run_of("coop", 1, {{"test", 0.7}}, "DTD", 16)};
  const std::vector<Group> groups = groups_of(runs);
  const Table table = shots_table(groups);
  ASSERT_EQ(table.columns.size(), 5);
  EXPECT_EQ(table.columns[3].name, "16 shots");
  EXPECT_EQ(table.columns[4].name, "all images");
  EXPECT_NEAR(*table.rows[0][2].number, 50, 1e-9);
  EXPECT_FALSE(table.rows[1][2].number);
  EXPECT_NEAR(*table.rows[1][4].number, 80, 1e-9);
  const Table accuracies = accuracy_table(groups);
  EXPECT_EQ(accuracies.rows[0][2].text, "");
  EXPECT_EQ(accuracies.rows[1][2].text, "all");
}

}  // namespace
}  // namespace qprompt::report
