#include "qprompt/report/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/report/group.h"
#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<RunRecord> two_seeds() {
  return {run_of("coop", 1, {{"base", 0.8}}), run_of("coop", 2, {{"base", 0.6}})};
}

TEST(Labels, RunsThatDifferInTheirSeedsAloneAreOneRow) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].settings = {{"seed", "1"}, {"lr", "0.1"}};
  runs[1].settings = {{"seed", "2"}, {"lr", "0.1"}};
  EXPECT_THAT(tell_labels_apart(runs), IsEmpty());
  EXPECT_EQ(groups_of(runs).size(), 1);
}

TEST(Labels, RunsOfDifferentSettingsAreNotAveraged) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].settings = {{"lr", "0.1"}};
  runs[1].settings = {{"lr", "0.2"}};
  EXPECT_THAT(tell_labels_apart(runs), ElementsAre(HasSubstr("different lr")));
  EXPECT_EQ(groups_of(runs).size(), 2);
  EXPECT_EQ(runs[0].label, "coop [lr 0.1]");
}

TEST(Labels, RunsOfDifferentCodeOrModelsAreNotAveraged) {
  std::vector<RunRecord> runs = two_seeds();
  runs[1].version = "0.2.0";
  runs[0].model_path = "/models/small";
  runs[1].model_path = "/other/small";
  runs[1].model_identity = "def0123";
  EXPECT_THAT(tell_labels_apart(runs), ElementsAre(HasSubstr("model, version")));
  EXPECT_EQ(runs[1].label, "coop [model small def0, version 0.2.0]");
}

TEST(Labels, ModelsAreCalledAsTheirFolders) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].model_path = "/models/small";
  runs[1].model_path = "/models/large";
  runs[1].model_identity = "def0123";
  tell_labels_apart(runs);
  EXPECT_EQ(runs[1].label, "coop [model large]");
}

TEST(Labels, RunsOfDifferentImagesUnderOneNameAreNotAveraged) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].images_hash = "1111111111111111";
  runs[1].images_hash = "2222222222222222";
  EXPECT_THAT(tell_labels_apart(runs), ElementsAre(HasSubstr("different images")));
  EXPECT_EQ(groups_of(runs).size(), 2);
  EXPECT_EQ(runs[0].label, "coop [images 11111111]");
}

TEST(Labels, OtherTestImagesAreToldApartWhateverTheMethod) {
  std::vector<RunRecord> runs{run_of("coop", 1, {{"base", 0.8}}),
                              run_of("qcoop", 1, {{"base", 1}})};
  runs[0].targets[0].images_hash = "1111111111111111";
  runs[1].targets[0].images_hash = "2222222222222222";
  tell_labels_apart(runs);
  EXPECT_EQ(runs[0].label, "coop [images of base 11111111]");
  EXPECT_EQ(runs[1].label, "qcoop [images of base 22222222]");
}

TEST(Labels, ARecordThatSaysNothingOfItsImagesIsNoOtherRun) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].images_hash = runs[0].targets[0].images_hash = "1111111111111111";
  EXPECT_THAT(tell_labels_apart(runs), IsEmpty());
  EXPECT_EQ(groups_of(runs).size(), 1);
}

TEST(Labels, ZeroShotLearnsFromNoImages) {
  std::vector<RunRecord> runs = two_seeds();
  runs[0].method = runs[0].label = "zeroshot";
  runs[0].images_hash = "1111111111111111";
  runs[1].images_hash = "2222222222222222";
  EXPECT_THAT(tell_labels_apart(runs), IsEmpty());
}

TEST(Labels, TheSameRunTwiceCountsOnce) {
  std::vector<RunRecord> runs = two_seeds();
  runs[1].seed = runs[1].train_seed = 1;
  EXPECT_THAT(tell_labels_apart(runs), ElementsAre(HasSubstr("left out")));
  EXPECT_EQ(runs.size(), 1);
}

}  // namespace
}  // namespace qprompt::report
