#include "qprompt/report/cost.h"

#include <gtest/gtest.h>

#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

RunRecord costing(const std::string& method, std::uint64_t seed, const Seconds& seconds) {
  RunRecord run = run_of(method, seed, {{"base", 0.5}});
  run.seconds = seconds;
  return run;
}

TEST(Cost, IsSummedAndAveragedByExperimentAndMethod) {
  std::vector<RunRecord> runs{costing("coop", 1, {10, 20, 4, 1}), costing("coop", 2, {0, 0, 6, 2}),
                              costing("maple", 1, {0, 0, 100, 3}),
                              costing("coop", 1, {7, 0, 0, 0})};
  runs[3].experiment = "few-shot";
  const Table table = cost_table(runs);
  ASSERT_EQ(table.rows.size(), 4);
  EXPECT_EQ(table.rows[0][1].text, "coop");
  std::vector<double> numbers;
  for (std::size_t c = 2; c < table.columns.size(); ++c) {
    numbers.push_back(*table.rows[0][c].number);
  }
  EXPECT_EQ(numbers, (std::vector<double>{2, 10, 5, 20, 10, 10, 5, 3, 1.5, 43, 21.5}));
  EXPECT_EQ(table.rows[2][0].text, "few-shot");
  EXPECT_EQ(table.rows[3][0].text, "all");
  EXPECT_EQ(table.rows[3][2].number, 4);
  EXPECT_EQ(table.rows[3][11].number, 153);
}

}  // namespace
}  // namespace qprompt::report
