#include "qprompt/report/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A training of so many epochs, every one as accurate as the last.
RunRecord trained(std::uint64_t seed, double accuracy, int epochs,
                  const std::string& dataset = "EuroSAT", int shots = 16) {
  RunRecord run = run_of("coop", seed, {{"base", accuracy}}, dataset, shots);
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    run.epochs.push_back({epoch, 1, accuracy, {{"base", accuracy}}, {}});
  }
  return run;
}

// Of runs of one experiment.
Figure epochs_of(const std::vector<RunRecord>& runs) {
  return epoch_figures(groups_of(runs)).at(0);
}

TEST(Epochs, AreAveragedWhereAllRunsHaveThem) {
  const Figure figure = epochs_of({trained(1, 0.4, 3), trained(2, 0.6, 2)});
  ASSERT_EQ(figure.data.rows.size(), 2);
  for (const auto& row : figure.data.rows) {
    EXPECT_NEAR(*row[4].number, 50, 1e-9);
    EXPECT_NEAR(*row[4].deviation, 10, 1e-9);
  }
}

TEST(Epochs, OfOtherDataSetsAndShotsAreCurvesOfTheirOwn) {
  const Figure figure = epochs_of({trained(1, 0.4, 1, "EuroSAT", 4), trained(1, 0.5, 1, "EuroSAT"),
                                   trained(1, 0.9, 1, "UCF101")});
  ASSERT_EQ(figure.data.rows.size(), 3);
  EXPECT_EQ(figure.choice, "data set");
  EXPECT_EQ(figure.data.rows[0][2].text, "coop, 4 shots");
  EXPECT_EQ(figure.data.rows[1][2].text, "coop, 16 shots");
  EXPECT_NEAR(*figure.data.rows[1][4].number, 50, 1e-9);
  EXPECT_EQ(figure.data.rows[2][0].text, "UCF101");
  EXPECT_NEAR(*figure.data.rows[2][4].number, 90, 1e-9);
}

TEST(Epochs, SayWhoseAnswersAreNotOfTheLastOne) {
  RunRecord run = trained(1, 0.4, 1);
  run.settings["model_choice"] = "last_epoch";
  EXPECT_THAT(epochs_of({run}).caption, Not(HasSubstr("chosen")));
  for (const std::string choice : {"best_val", "average"}) {
    run.settings["model_choice"] = choice;
    EXPECT_THAT(epochs_of({run}).caption, HasSubstr("end of a curve: coop (" + choice + ")."));
  }
}

TEST(Epochs, WithoutTargetsShowTheLoss) {
  RunRecord run = trained(1, 0.4, 2);
  for (EpochRecord& epoch : run.epochs) epoch.targets.clear();
  EXPECT_EQ(epochs_of({run}).title, "Loss by epoch");
  run.epochs.clear();
  EXPECT_TRUE(epoch_figures(groups_of(std::vector{run})).empty());
}

}  // namespace
}  // namespace qprompt::report
