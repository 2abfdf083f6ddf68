#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DamagedImages : public CliTest {
 protected:
  DamagedImages() : cut(picture()), empty(class_folder("test", 1) / "empty.png") {
    fs::resize_file(cut, fs::file_size(cut) / 2);
    write_file(empty, std::string_view());
  }

  fs::path cut, empty;
};

TEST_F(DamagedImages, ADamagedImageIsNamed) {
  EXPECT_THAT(error_line(evaluate({})), HasSubstr(cut.string()));
}

TEST_F(DamagedImages, AnEmptyFileIsNamed) {
  fs::remove(cut);
  EXPECT_THAT(error_line(evaluate({})), HasSubstr(empty.string() + ": the file is empty"));
}

TEST_F(DamagedImages, AreCountedWhereTheyMayBeSkipped) {
  const Outcome outcome = succeed(evaluate({"--skip-bad-images", "--json", path("report.json")}));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("damaged images skipped: 2"), HasSubstr(cut.string())));
  const auto report = json_file(folder / "report.json");
  EXPECT_EQ(report.at("skipped_images").size(), 2);
  EXPECT_EQ(report.at("images"), kClasses * kTestImages - 1);
}

TEST_F(DamagedImages, TrainingNamesOneOrSkipsIt) {
  const fs::path training = class_folder("train", 0) / listing(class_folder("train", 0)).front();
  write_file(training, std::string_view("GIF89a"));
  const std::vector<std::string> all{"--shots", "0", "--skip-evaluation"};
  EXPECT_THAT(error_line(train(path("run"), all)), HasSubstr(training.string()));
  EXPECT_EQ(listing(folder / "run"), std::vector<std::string>{"events.jsonl"});  // that it failed
  EXPECT_THAT(
      succeed(train(path("run"), {"--shots", "0", "--skip-evaluation", "--skip-bad-images"})).err,
      HasSubstr("damaged images skipped: 1"));
}

TEST_F(DamagedImages, AreToldOnceOfAllRunsOfAList) {
  const Outcome outcome =
      succeed({"base-to-new", "--model", model, "--data", data, "--methods", "zeroshot,coop",
               "--seeds", "1", "--shots", "1", "--views", "1", "--epochs", "1", "--skip-bad-images",
               "--records", path("records")});
  const std::string line = "damaged images skipped: 2";
  EXPECT_THAT(outcome.err, HasSubstr(line));
  EXPECT_EQ(outcome.err.find(line), outcome.err.rfind(line)) << outcome.err;
}

TEST_F(DamagedImages, ClassifyNamesOneOrCountsIt) {
  const std::string names = folder.file("names.txt", "cat\ndog\n").string();
  const auto words = classify({"--classes", names, cut.string(), empty.string()});
  EXPECT_THAT(error_line(words), HasSubstr(cut.string()));
  const Outcome outcome = succeed(classify(
      {"--classes", names, "--skip-bad-images", "--json", "-", class_folder("test", 0).string()}));
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("images").size(), kTestImages - 1);
  EXPECT_EQ(report.at("skipped_images").size(), 1);
  EXPECT_THAT(outcome.err, HasSubstr("damaged images skipped: 1"));
}

}  // namespace
}  // namespace qprompt::testing
