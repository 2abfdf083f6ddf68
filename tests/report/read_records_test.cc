#include "qprompt/report/read_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/synthetic_records.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

class ReadRecords : public ::testing::Test {
 protected:
  Records read() const { return read_records(std::vector<fs::path>{folder.path()}); }
  std::string why(const Json& damaged) const {
    return testing::error_of(
        [&] { read_records(std::vector<fs::path>{folder.file("run.json", damaged.dump())}); });
  }

  testing::TemporaryFolder folder;
  Json record = testing::synthetic_record({.has_training = true});
};

TEST_F(ReadRecords, FindsThemBelowFoldersAndInLines) {
  testing::write_record(folder / "a" / "b", record);
  const Json other = testing::synthetic_record({.seed = 2});
  folder.file("more.jsonl", other.dump() + "\n\n");
  folder.file("a/events.jsonl", "no JSON\n");
  const Records records = read();
  EXPECT_EQ(records.runs.size(), 2);
  EXPECT_THAT(records.notices, IsEmpty());
  EXPECT_EQ(records.runs[0].epochs.size(), 30);
  EXPECT_EQ(records.runs[0].target("new")->class_names.size(), 8);
}

TEST_F(ReadRecords, CallABenchmarkByOneNameWhicheverTheRecordHas) {
  for (const char* name : {"Flowers102", "oxford_flowers", "OxfordFlowers"}) {
    record = testing::synthetic_record(
        {.experiment = "cross-dataset", .dataset = name, .targets = {{name, name, 0.6}}});
    record["epochs"] = {{{"epoch", 1}, {"loss", 1}, {"accuracy", 1}, {"targets", {{name, 0.5}}}}};
    const RunRecord run = run_record(record, "run.json");
    EXPECT_EQ(run.dataset, "OxfordFlowers");
    EXPECT_EQ(run.targets[0].name, "OxfordFlowers");
    EXPECT_EQ(run.targets[0].dataset, "OxfordFlowers");
    EXPECT_TRUE(run.epochs[0].targets.contains("OxfordFlowers"));
  }
}

TEST_F(ReadRecords, SayWhichImagesTheyAreOfWhereTheyKnow) {
  EXPECT_EQ(run_record(record, "run.json").images_hash, "");
  record["source"]["images_hash"] = "0123456789abcdef";
  record["targets"][1]["images_hash"] = "fedcba9876543210";
  const RunRecord run = run_record(record, "run.json");
  EXPECT_EQ(run.images_hash, "0123456789abcdef");
  EXPECT_EQ(run.target("new")->images_hash, "fedcba9876543210");
  record["source"]["images_hash"] = 5;
  EXPECT_THAT(why(record), HasSubstr("source.images_hash: 5, expected a text"));
}

TEST_F(ReadRecords, PackedAreTheSameRecords) {
  testing::write_record(folder / "a", record);
  testing::write_record(folder / "b", testing::synthetic_record({.seed = 2}));
  const Records records = read();
  testing::TemporaryFolder other;
  write_file(other / "records.jsonl.xz", std::string_view(packed(records)));
  const Records again = read_records(std::vector<fs::path>{other.path()});
  EXPECT_EQ(again.runs.size(), 2);
  EXPECT_EQ(packed(again), packed(records));
}

TEST_F(ReadRecords, LeaveOutWhatWasTestedOnNothing) {
  testing::write_record(folder / "a", record);
  Json untested = testing::synthetic_record({.seed = 2});
  untested["targets"] = Json::array();
  testing::write_record(folder / "b", untested);
  const Records records = read();
  EXPECT_EQ(records.runs.size(), 1);
  EXPECT_THAT(records.notices, ElementsAre(HasSubstr("tested on nothing")));
}

TEST_F(ReadRecords, LeaveOutWhatIsNoRecordAndSaySo) {
  testing::write_record(folder.path(), record);
  folder.file("settings.json", "{\"lr\": 1}");
  EXPECT_THAT(read().notices, ElementsAre(HasSubstr("settings.json: no record")));
}

TEST_F(ReadRecords, CountEqualAndInterruptedRunsOnceAndNotAtAll) {
  testing::write_record(folder / "a", record);
  testing::write_record(folder / "b", record);
  Json interrupted = testing::synthetic_record({.seed = 2});
  interrupted["interrupted"] = true;
  testing::write_record(folder.path(), interrupted);
  const Records records = read();
  EXPECT_EQ(records.runs.size(), 1);
  EXPECT_THAT(records.notices, ElementsAre(HasSubstr("interrupted"), HasSubstr("the same run")));
}

TEST_F(ReadRecords, OfAnEmptyFolderAreAnError) {
  EXPECT_THAT(testing::error_of([&] { read(); }), HasSubstr("no records of runs"));
}

TEST_F(ReadRecords, NameTheValueThatCannotBe) {
  const auto with = [&](const char* place, const Json& value) {
    Json damaged = record;
    damaged[Json::json_pointer(place)] = value;
    return why(damaged);
  };
  EXPECT_THAT(with("/format", 1),
              HasSubstr("run.json: format: 1, expected an integer from 2 to 2"));
  EXPECT_THAT(with("/targets/1/accuracy", 1.5),
              HasSubstr("targets[1].accuracy: 1.5, expected a number"));
  EXPECT_THAT(with("/targets/0/accuracy", nullptr), HasSubstr("no 'accuracy'"));
  EXPECT_THAT(with("/targets/0/confusions/0/1", 8),
              HasSubstr("confusions[0][1]: 8, expected an integer"));
  EXPECT_THAT(with("/targets/0/confusions/0", {1, 2}), HasSubstr("2 numbers, expected"));
  EXPECT_THAT(with("/targets/0/class_images", {1, 2}), HasSubstr("8 class_names, but 2"));
  EXPECT_THAT(with("/targets/0/correct", 201), HasSubstr("correct: 201"));
  EXPECT_THAT(with("/seconds/features", -1), HasSubstr("seconds.features: -1"));
  EXPECT_THAT(with("/source", "DTD"), HasSubstr("source: \"DTD\", expected an object"));
  EXPECT_THAT(with("/source/seed", -1), HasSubstr("seed: -1"));
  EXPECT_THAT(with("/source/seed", 18446744073709551615u), HasSubstr("seed: 18446744073709551615"));
  EXPECT_THAT(with("/label", Json::array({"x"})), HasSubstr("label: [\"x\"], expected a text"));
  EXPECT_THAT(with("/epochs/3/loss", "NaN"), HasSubstr("epochs[3].loss"));
  EXPECT_THAT(with("/epochs/0/weights/ctx/counts", Json::array()), HasSubstr("expected counts"));
  EXPECT_THAT(with("/divergences/0/clustered", 1),
              HasSubstr("clustered: 1, expected true or false"));
}

TEST_F(ReadRecords, OfCutFilesAreAnErrorThatNamesTheFile) {
  const std::string text = record.dump();
  folder.file("run.json", text.substr(0, text.size() / 2));
  EXPECT_THAT(testing::error_of([&] { read(); }), HasSubstr("run.json: not valid JSON"));
}

}  // namespace
}  // namespace qprompt::report
