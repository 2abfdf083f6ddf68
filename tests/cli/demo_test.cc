#include <fmt/format.h>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The demo on a few of its pictures, each class's four test pictures called 5 to 8. Of eight
// classes four are base classes, which a choice parts again.
class Demo : public CliTest {
 protected:
  static constexpr std::size_t kDemoClasses = 8;

  Demo() : CliTest(kDemoClasses) {
    fs::create_directories(folder / "assets");
    fs::create_symlink(model, folder / "assets" / "model");
    fs::create_symlink(data, folder / "assets" / "pictures");
    write_drawings(class_names);
  }

  // assets/drawings.json with the classes in this order; the second half of them are new.
  void write_drawings(const std::vector<std::string>& order) const {
    nlohmann::json split = {{"val", nlohmann::json::array()}};
    for (std::size_t label = 0; label < order.size(); ++label) {
      for (const char* part : {"train", "test"}) {
        for (const std::string& file : listing(fs::path(data) / part / order[label])) {
          const std::string picture = fmt::format("pictures/{}/{}/{}", part, order[label], file);
          split[part].push_back({picture, label, order[label]});
        }
      }
    }
    write_file(folder / "assets" / "drawings.json", split.dump());
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
  const Outcome outcome = succeed(demo());
  const nlohmann::json report = json_file(path("out") + "/run.json");
  EXPECT_EQ(report.at("records").size(), 1 + 2 * 2);
  for (const char* row : {"drawings  zeroshot", "drawings  coop", "drawings  tuned"}) {
    EXPECT_THAT(outcome.out, HasSubstr(row));
  }
  EXPECT_EQ(report.at("chosen").size(), 2);
  for (const auto& choice : report.at("chosen")) {
    EXPECT_THAT(outcome.out,
                HasSubstr(fmt::format("chosen with seed {}: {}\n", choice.at("seed").get<int>(),
                                      choice.at("settings").get<std::string>())));
  }
  ASSERT_EQ(report.at("classified").size(), 2);
  for (const auto& picture : report.at("classified")) {
    const auto& scores = picture.at("prompt");
    EXPECT_EQ(scores.size(), 5);  // the best
    EXPECT_THAT(outcome.out, HasSubstr(fmt::format("a picture of '{}': {} ",
                                                   picture.at("class").get<std::string>(),
                                                   scores[0].at("class").get<std::string>())));
  }
}

TEST_F(Demo, ClassifiesTheFirstTestPictureOfTheFirstTwoNewClassesInTheSplitsOrder) {
  std::vector<std::string> order = class_names;
  std::rotate(order.begin(), order.begin() + 3, order.end());
  write_drawings(order);
  succeed(demo());
  std::vector<std::string> pictures;
  const nlohmann::json report = json_file(path("out") + "/run.json");
  for (const auto& picture : report.at("classified")) {
    pictures.push_back(picture.at("path").get<std::string>());
  }
  EXPECT_THAT(pictures, ElementsAre(EndsWith("test/" + order[4] + "/5.webp"),
                                    EndsWith("test/" + order[5] + "/5.webp")));
}

TEST_F(Demo, ItsTableIsAnExperimentAndItsPromptThatOfTheFirstTunedRun) {
  succeed(demo());
  std::vector<fs::path> of_first_tuned;
  const nlohmann::json report = json_file(folder / "out/run.json");
  for (const auto& file : report.at("records")) {
    const fs::path place = folder / "out" / file.get<std::string>();
    const nlohmann::json record = json_file(place);
    EXPECT_EQ(record.at("experiment"), "base-to-new");
    EXPECT_EQ(record.at("targets").size(), 2);
    if (record.at("method") != "tuned" || record.at("source").at("seed") != 1) continue;
    of_first_tuned.push_back(place.parent_path());
  }
  ASSERT_EQ(of_first_tuned.size(), 1);
  for (const char* name : {"prompt.qprompt", "prompt.classes.txt"}) {
    EXPECT_EQ(read_text(folder / "out" / name), read_text(of_first_tuned.front() / name));
  }
  succeed({"report", path("out"), "--output", path("report")});
  EXPECT_TRUE(fs::exists(folder / "report/tables/base-to-new.csv"));
  EXPECT_THAT(succeed({"runs", path("out")}).out, Not(HasSubstr("0/1")));
}

TEST_F(Demo, AgainDoesOnlyTheRunsThatAreMissing) {
  const Outcome first = succeed(demo());
  const Outcome again = succeed(demo());
  EXPECT_THAT(again.err, HasSubstr("5 runs were there"));
  EXPECT_EQ(again.out.substr(0, again.out.find("page")),
            first.out.substr(0, first.out.find("page")));
}

// Half of the names: some of them are among the five best of a picture.
TEST_F(Demo, ShowsClassNamesThatLookLikeMarkupAsTheyAre) {
  std::vector<std::string> names = class_names;
  for (int c = kDemoClasses / 2; c < static_cast<int>(kDemoClasses); ++c) {
    names[c] = "z<b>" + std::to_string(c);
    for (const char* part : {"train", "test"}) {
      fs::rename(class_folder(part, c), fs::path(data) / part / names[c]);
    }
  }
  write_drawings(names);
  succeed(demo());
  const std::string page = read_text(path("out") + "/report.html");
  EXPECT_THAT(page, HasSubstr("z&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("z\\u003cb>"));
  EXPECT_THAT(page, Not(HasSubstr("z<b>")));
}

TEST_F(Demo, NamesTheAssetsThatAreMissing) {
  fs::remove(folder / "assets" / "drawings.json");
  EXPECT_THAT(error_line(demo()), HasSubstr(path("assets") + "/drawings.json: not there"));
  EXPECT_FALSE(fs::exists(path("out")));
}

}  // namespace
}  // namespace qprompt::testing
