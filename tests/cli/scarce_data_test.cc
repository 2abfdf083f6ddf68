#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

using ScarceData = CliTest;

TEST_F(ScarceData, AFolderWithoutImagesIsNamed) {
  fs::create_directories(folder / "empty/a_class");
  data = path("empty");
  EXPECT_THAT(error_line(evaluate({})), HasSubstr(data));
  EXPECT_THAT(error_line(train(path("run"))), HasSubstr(data));
}

TEST_F(ScarceData, AMissingFolderIsNamed) {
  data = path("nowhere");
  EXPECT_THAT(error_line(evaluate({})), HasSubstr(data));
}

TEST_F(ScarceData, OneClassIsNoChoice) {
  for (const char* subset : {"train", "test"}) {
    for (int number = 1; number < kClasses; ++number) fs::remove_all(class_folder(subset, number));
  }
  EXPECT_THAT(error_line(train(path("run"))), AllOf(HasSubstr(data), HasSubstr("one class")));
}

TEST_F(ScarceData, FewerImagesThanShotsAreAllUsedAndTold) {
  const fs::path scarce = class_folder("train", 1);
  for (const std::string& name : listing(scarce)) {
    if (name != listing(scarce).back()) fs::remove(scarce / name);
  }
  const std::string line =
      "1 class with fewer than 3 training images, all of which are used: 'black cross' has 1";
  EXPECT_THAT(succeed(train(path("run"), {"--shots", "3", "--skip-evaluation"})).err,
              HasSubstr(line));
  const Outcome list = succeed({"base-to-new", "--model", model, "--data", data, "--methods",
                                "coop,qcoop", "--seeds", "1", "--shots", "3", "--views", "1",
                                "--epochs", "1", "--records", path("records")});
  EXPECT_THAT(list.err, HasSubstr(line));
  EXPECT_EQ(list.err.find(line), list.err.rfind(line)) << list.err;
}

TEST_F(ScarceData, TrainingImagesAreNeededToTrain) {
  fs::remove_all(fs::path(data) / "train");
  EXPECT_THAT(error_line(train(path("run"))), HasSubstr("no training images"));
}

TEST_F(ScarceData, TestImagesAreNeededToEvaluate) {
  fs::remove_all(fs::path(data) / "test");
  EXPECT_THAT(error_line(evaluate({})), HasSubstr("no test images"));
  EXPECT_THAT(
      error_line({"base-to-new", "--records", path("records"), "--model", model, "--data", data}),
      HasSubstr("test images"));
}

TEST_F(ScarceData, AListedImageThatIsNeededAndMissingIsNamed) {
  const std::string table = folder.file("list.csv", "there.png,cat,test\ngone.png,dog,test\n");
  EXPECT_THAT(error_line({"evaluate", "--model", model, "--data", table}), HasSubstr("there.png"));
}

TEST_F(ScarceData, AClassNameThatDoesNotFitTheContextIsNamed) {
  std::string name = "very";
  for (int i = 0; i < 40; ++i) name += " very";
  name += " long";
  fs::rename(class_folder("train", 0), fs::path(data) / "train" / name);
  fs::rename(class_folder("test", 0), fs::path(data) / "test" / name);
  EXPECT_THAT(error_line(train(path("run"))), AllOf(HasSubstr(name), HasSubstr("context")));
  EXPECT_THAT(error_line(evaluate({})), AllOf(HasSubstr(name), HasSubstr("context")));
  EXPECT_EQ(listing(folder / "run"), std::vector<std::string>{"events.jsonl"});  // that it failed
}

}  // namespace
}  // namespace qprompt::testing
