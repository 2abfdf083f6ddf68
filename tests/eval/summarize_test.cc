#include <gtest/gtest.h>

#include "qprompt/eval/base_to_new.h"

namespace qprompt {
namespace {

BaseToNewRun run(const std::string& method, double base, double novel, double seconds = 0) {
  BaseToNewRun run;
  run.method = method;
  run.base = base;
  run.novel = novel;
  run.seconds = seconds;
  run.payload_bytes = 260;
  run.file_bytes = 300;
  return run;
}

TEST(BaseToNewRun, HarmonicMeanIsZeroWhereOneIs) {
  EXPECT_DOUBLE_EQ(run("coop", 0.6, 0.3).harmonic(), 0.4);
  EXPECT_DOUBLE_EQ(run("coop", 0.6, 0.0).harmonic(), 0.0);
  EXPECT_DOUBLE_EQ(run("coop", 0.0, 0.0).harmonic(), 0.0);
}

TEST(Summarize, GivesMeansAndPopulationDeviations) {
  const auto rows = summarize({run("coop", 0.8, 0.5, 2), run("coop", 0.6, 0.7, 4)});
  ASSERT_EQ(rows.size(), 1u);
  const BaseToNewRow& row = rows.front();
  EXPECT_EQ(row.runs, 2);
  EXPECT_DOUBLE_EQ(row.base.mean, 0.7);
  EXPECT_DOUBLE_EQ(row.base.deviation, 0.1);
  EXPECT_DOUBLE_EQ(row.novel.mean, 0.6);
  EXPECT_DOUBLE_EQ(row.novel.deviation, 0.1);
  EXPECT_DOUBLE_EQ(row.seconds, 3.0);
  EXPECT_EQ(row.payload_bytes, 260u);
  EXPECT_EQ(row.file_bytes, 300u);
}

// H of (0.8, 0.5) is 8/13 and of (0.6, 0.7) is 42/65; H of the means 0.7 and 0.6 is 42/65 too.
TEST(Summarize, TellsTheMeanOfHFromTheHOfTheMeans) {
  const BaseToNewRow row = summarize({run("coop", 0.8, 0.5), run("coop", 0.6, 0.7)}).front();
  EXPECT_DOUBLE_EQ(row.harmonic.mean, (8.0 / 13 + 42.0 / 65) / 2);
  EXPECT_DOUBLE_EQ(row.harmonic.deviation, (42.0 / 65 - 8.0 / 13) / 2);
  EXPECT_DOUBLE_EQ(row.harmonic_of_means, 42.0 / 65);
}

TEST(Summarize, KeepsTheOrderOfTheMethodsFirstRuns) {
  const auto rows = summarize({run("zeroshot", 0.5, 0.5), run("qcoop", 0.6, 0.6),
                               run("coop", 0.7, 0.7), run("qcoop", 0.8, 0.4)});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].method, "zeroshot");
  EXPECT_EQ(rows[0].runs, 1);
  EXPECT_DOUBLE_EQ(rows[0].base.deviation, 0.0);
  EXPECT_EQ(rows[1].method, "qcoop");
  EXPECT_EQ(rows[1].runs, 2);
  EXPECT_DOUBLE_EQ(rows[1].base.mean, 0.7);
  EXPECT_EQ(rows[2].method, "coop");
}

TEST(Summarize, OfNoRunsIsEmpty) { EXPECT_TRUE(summarize({}).empty()); }

}  // namespace
}  // namespace qprompt
