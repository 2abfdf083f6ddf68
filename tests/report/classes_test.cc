#include "qprompt/report/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

using ::testing::ElementsAre;

TEST(WorstClasses, AreThoseWhoseMistakesTheRecordHolds) {
  RunRecord run = run_of("coop", 1, {{"base", 0.5}});
  TargetRecord& target = run.targets[0];
  target.class_names = {"cat", "dog", "missile", "missile", "unseen"};
  target.class_images = {10, 10, 10, 10, 0};
  target.class_correct = {5, 4, 9, 1, 0};
  target.mistakes = {{"cat", {"1.jpg", "2.jpg"}}, {"missile", {"3.jpg"}}};
  const std::vector<RunRecord> runs{run};
  const Table table = worst_classes_tables(groups_of(runs)).at(0);
  std::vector<std::string> names, pictures;
  for (const auto& row : table.rows) {
    names.push_back(row[3].text);
    pictures.push_back(row[7].text);
  }
  EXPECT_THAT(names, ElementsAre("missile", "cat"));
  EXPECT_THAT(pictures, ElementsAre("3.jpg", "1.jpg, 2.jpg"));
  EXPECT_NEAR(*table.rows[0][4].number, 10, 1e-9);  // of the two, the worse one
}

}  // namespace
}  // namespace qprompt::report
