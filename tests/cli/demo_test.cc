#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The demo on a few of its pictures.
class Demo : public CliTest {
 protected:
  Demo() {
    fs::create_directories(folder / "assets");
    fs::create_symlink(model, folder / "assets" / "model");
    fs::create_symlink(data, folder / "assets" / "pictures");
  }

  // A test picture of class `number` as assets/classify/NAME.
  void add_picture_to_classify(int number, const std::string& name) const {
    const fs::path picture = fs::directory_iterator(class_folder("test", number))->path();
    fs::create_directories(folder / "assets" / "classify");
    fs::copy_file(picture, folder / "assets" / "classify" / (name + picture.extension().string()));
  }

  // What lies in its output folder itself.
  std::vector<std::string> output() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path("out"))) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::vector<std::string> demo() const {
    return {"demo", "--assets", path("assets"), "--output",  path("out"), "--epochs",
            "1",    "--seeds",  "1,2",          "--threads", "1"};
  }
};

TEST_F(Demo, WritesOnePageThatNeedsNothingBesideIt) {
  add_picture_to_classify(3, class_names[3]);
  const Outcome outcome = succeed(demo());
  EXPECT_THAT(output(), UnorderedElementsAre("prompt.classes.txt", "prompt.qprompt", "records",
                                             "report.html", "run.json"));
  EXPECT_THAT(outcome.out, HasSubstr(path("out") + "/report.html"));
  const std::string page = read_text(path("out") + "/report.html");
  EXPECT_THAT(page, EndsWith("</html>\n"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));  // the browser is told to ask for nothing
  for (const char* reference :
       {"src=\"/", "src=\"http", "href=\"", "<link", "@import", "<script src"}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
}

TEST_F(Demo, ReportsWhatTheTableAndThePicturesShow) {
  add_picture_to_classify(3, class_names[3]);
  const Outcome outcome = succeed(demo());
  const nlohmann::json report = json_file(path("out") + "/run.json");
  EXPECT_EQ(report.at("records").size(), 1 + 2 * 2);
  for (const char* row : {"pictures  zeroshot", "pictures  coop", "pictures  qcoop"}) {
    EXPECT_THAT(outcome.out, HasSubstr(row));
  }
  ASSERT_EQ(report.at("classified").size(), 1);
  const auto& scores = report.at("classified")[0].at("prompt");
  EXPECT_EQ(scores.size(), kClasses);
  EXPECT_THAT(outcome.out, HasSubstr(scores[0].at("class").get<std::string>()));
}

TEST_F(Demo, ItsTableIsAnExperimentAndItsPromptThatOfTheFirstQuantizedRun) {
  add_picture_to_classify(3, class_names[3]);
  succeed(demo());
  std::vector<fs::path> of_first_qcoop;
  const nlohmann::json report = json_file(folder / "out/run.json");
  for (const auto& file : report.at("records")) {
    const fs::path place = folder / "out" / file.get<std::string>();
    const nlohmann::json record = json_file(place);
    EXPECT_EQ(record.at("experiment"), "base-to-new");
    EXPECT_EQ(record.at("targets").size(), 2);
    if (record.at("method") != "qcoop" || record.at("source").at("seed") != 1) continue;
    of_first_qcoop.push_back(place.parent_path());
  }
  ASSERT_EQ(of_first_qcoop.size(), 1);
  for (const char* name : {"prompt.qprompt", "prompt.classes.txt"}) {
    EXPECT_EQ(read_text(folder / "out" / name), read_text(of_first_qcoop.front() / name));
  }
  succeed({"report", path("out"), "--output", path("report")});
  EXPECT_TRUE(fs::exists(folder / "report/tables/base-to-new.csv"));
  EXPECT_THAT(succeed({"runs", path("out")}).out, Not(HasSubstr("0/1")));
}

TEST_F(Demo, AgainDoesOnlyTheRunsThatAreMissing) {
  add_picture_to_classify(3, class_names[3]);
  const Outcome first = succeed(demo());
  const Outcome again = succeed(demo());
  EXPECT_THAT(again.err, HasSubstr("5 runs were there"));
  EXPECT_EQ(again.out.substr(0, again.out.find("page")),
            first.out.substr(0, first.out.find("page")));
}

TEST_F(Demo, ShowsClassNamesThatLookLikeMarkupAsTheyAre) {
  fs::rename(class_folder("train", 3), fs::path(data) / "train" / "z<b>");
  fs::rename(class_folder("test", 3), fs::path(data) / "test" / "z<b>");
  add_picture_to_classify(2, class_names[2]);
  succeed(demo());
  const std::string page = read_text(path("out") + "/report.html");
  EXPECT_THAT(page, HasSubstr("z&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("z\\u003cb>"));
  EXPECT_THAT(page, Not(HasSubstr("z<b>")));
}

TEST_F(Demo, RefusesAPictureOfAClassThatIsTrainedOn) {
  add_picture_to_classify(0, class_names[0]);
  EXPECT_THAT(error_line(demo()), HasSubstr("named after no class of the second half"));
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(Demo, NamesTheAssetsThatAreMissing) {
  EXPECT_THAT(error_line(demo()), HasSubstr(path("assets") + "/classify: no such folder"));
}

}  // namespace
}  // namespace qprompt::testing
