// Output that cannot be written: told before long work where that is possible, and never left half
// written.

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Output : public CliTest {
 protected:
  Output() : file(folder.file("file", "").string()) {}

  std::string file;
};

TEST_F(Output, ARunFolderBelowAFileIsRefused) {
  EXPECT_THAT(error_line(train(file + "/run")), HasSubstr(file + "/run"));
  EXPECT_THAT(error_line(train(file)), HasSubstr(file + ": cannot be written"));
}

TEST_F(Output, AFolderThatTakesNoFilesIsRefused) {
  EXPECT_THAT(error_line(train("/proc/qprompt")), HasSubstr("/proc/qprompt"));
}

TEST_F(Output, AReportThatCannotBeWrittenIsRefused) {
  const std::string below = file + "/report.json";
  EXPECT_THAT(error_line(evaluate({"--json", below})), HasSubstr(file));
  EXPECT_THAT(error_line({"base-to-new", "--records", path("records"), "--model", model, "--data",
                          data, "--json", below}),
              HasSubstr(file));
  EXPECT_THAT(error_line(evaluate({"--json", path("data")})), HasSubstr("is a folder"));
}

TEST_F(Output, AFullDiskLeavesNothingBehind) {
  EXPECT_THAT(error_line(train(path("run"), {"--skip-evaluation"}), {.largest_file = 50}),
              HasSubstr(path("run/events.jsonl") + ": cannot write: "));
  EXPECT_EQ(listing(folder / "run"), std::vector<std::string>());
}

TEST_F(Output, AFullDiskLeavesTheOldReport) {
  const std::string report = folder.file("report.json", "old").string();
  EXPECT_THAT(error_line(evaluate({"--json", report, "--force"}), {.largest_file = 50}),
              HasSubstr(report));
  EXPECT_EQ(read_text(report), "old");
}

TEST_F(Output, AFullDiskUnderTheFeatureCacheIsNamedAndNoError) {
  const Outcome outcome = succeed(evaluate({"--cache", path("cache")}), {.largest_file = 50});
  EXPECT_THAT(outcome.err, HasSubstr("without the feature cache: " + path("cache")));
}

TEST_F(Output, AFullDiskUnderStdoutIsAnError) {
  EXPECT_THAT(error_line(evaluate({}), {.stdout_path = "/dev/full"}), HasSubstr("stdout"));
}

TEST_F(Output, AnOldRunIsReplacedAsAWhole) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  succeed(train(path("run"), {"--skip-evaluation", "--classes", "base", "--force"}));
  EXPECT_EQ(listing(folder / "run"), (std::vector<std::string>{"events.jsonl", "prompt.classes.txt",
                                                               "prompt.qprompt", "run.json"}));
  EXPECT_EQ(json_file(folder / "run/run.json").at("class_names").size(), kClasses / 2);
}

}  // namespace
}  // namespace qprompt::testing
