#include <fmt/format.h>

#include <sstream>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Of a run that learned from a plain folder of 4 classes with 5 images each: 2 are learned from,
// 1 is val, 2 are test.
class Evaluate : public CliTest {
 protected:
  Evaluate() {
    fs::rename(fs::path(data) / "train", folder / "plain");
    data = path("plain");
  }
  void learn(const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words = train(path("run"), {"--skip-evaluation"});
    words.insert(words.end(), flags.begin(), flags.end());
    succeed(words);
  }
  nlohmann::json report(std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--prompt", path("run"), "--json", "-"});
    return nlohmann::json::parse(succeed(evaluate(flags)).out);
  }
  void copy_classes(const std::string& to, int count) const {
    for (int i = 0; i < count; ++i) {
      const std::string& name = class_names.at(i);
      fs::copy(folder / "plain" / name, folder / to / name, fs::copy_options::recursive);
    }
  }
};

TEST_F(Evaluate, TestsTheRunsOwnFolderOnItsTestPartHoweverItIsCalled) {
  data = fs::relative(data).string();
  learn();
  EXPECT_TRUE(fs::path(json_file(folder / "run/run.json").at("data").at("path")).is_absolute());
  for (const std::string& name : {data, path("plain"), path("plain/")}) {
    data = name;
    const auto own = report();
    EXPECT_EQ(own.at("images"), 8) << name;
    EXPECT_EQ(own.at("listed_images"), 20) << name;
  }
}

TEST_F(Evaluate, TestsAnotherFolderWhole) {
  learn();
  fs::create_directory(folder / "other");
  copy_classes("other", kClasses);
  data = path("other");
  EXPECT_EQ(report().at("images"), 20);
  EXPECT_THAT(succeed(evaluate({"--prompt", path("run")})).out, HasSubstr("on 20 of 20 images"));
}

TEST_F(Evaluate, JudgesSomeClassesAmongThoseOfThePrompt) {
  learn();
  fs::create_directory(folder / "some");
  copy_classes("some", 2);
  data = path("some");
  const auto some = report();
  EXPECT_EQ(some.at("settings").at("classes"), "of the prompt");
  EXPECT_EQ(some.at("per_class").size(), 4u);
  EXPECT_EQ(some.at("per_class").back().at("accuracy"), nullptr);
  EXPECT_EQ(some.at("data").at("classes"), 2);
  EXPECT_EQ(report({"--classes", "all"}).at("per_class").size(), 2u);
  const std::string names =
      folder.file("names.txt", class_names[1] + "\n" + class_names[0] + "\nzebra\n");
  const auto listed = report({"--classes", names});
  EXPECT_EQ(listed.at("per_class").size(), 3u);
  EXPECT_EQ(listed.at("settings").at("classes"), "of " + names);
}

TEST_F(Evaluate, ListsEveryImage) {
  learn();
  const auto counts = report({"--per-image", path("images.csv")});
  const std::vector<std::string> lines = read_lines(folder / "images.csv");
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines.front(), "path,label,predicted,probability,correct");
  const auto correct =
      std::ranges::count_if(lines, [](auto& line) { return line.ends_with(",1"); });
  EXPECT_EQ(counts.at("correct"), correct);
}

TEST_F(Evaluate, ReadsPicturesAsWasSaidAtTheTraining) {
  learn();
  EXPECT_EQ(load_prompt_file(folder / "run/prompt.qprompt").exif, std::nullopt);
  EXPECT_TRUE(report().at("data").at("exif"));
  learn({"--exif", "off", "--force"});
  EXPECT_FALSE(report().at("data").at("exif"));
  EXPECT_TRUE(report({"--exif", "on"}).at("data").at("exif"));
  succeed({"convert", path("run"), "--model", model, "--bits", "2", "--output", path("c.qprompt")});
  EXPECT_EQ(load_prompt_file(folder / "c.qprompt").exif, false);
}

TEST_F(Evaluate, SaysHowFarProbabilitiesCanBeBelieved) {
  learn();
  const auto calibration = report().at("calibration");
  EXPECT_GT(calibration.at("nll"), 0);
  const std::string text = succeed(evaluate({"--prompt", path("run"), "--reliability"})).out;
  const std::string line =
      fmt::format("ECE {:.2f} %, NLL {:.3f} nats\n", 100 * calibration.at("ece").get<double>(),
                  calibration.at("nll").get<double>());
  EXPECT_THAT(text, HasSubstr(line));
  int images = 0;
  for (const auto& bin : calibration.at("bins")) {
    images += bin.at("images").get<int>();
    if (bin.at("images") == 0) continue;
    EXPECT_THAT(text, HasSubstr(fmt::format(
                          "{:8.2f} %  {:6.2f} %  {:6}  ", 100 * bin.at("confidence").get<double>(),
                          100 * bin.at("accuracy").get<double>(), bin.at("images").get<int>())));
  }
  EXPECT_EQ(images, 8);
}

TEST_F(Evaluate, PrintsAccuracyAgainstCoverage) {
  learn();
  const auto curve = report().at("selective");
  const auto all = curve.at("points")[0];
  EXPECT_EQ(all.at("coverage"), 1);
  EXPECT_EQ(all.at("images"), 8);
  EXPECT_EQ(all.at("accuracy"), report().at("accuracy"));
  const std::string text = succeed(evaluate({"--prompt", path("run"), "--coverage"})).out;
  EXPECT_THAT(text, HasSubstr(fmt::format(" 100.0 %  {:>8.2f} %  {:6.2f} %       8\n",
                                          100 * all.at("threshold").get<double>(),
                                          100 * all.at("accuracy").get<double>())));
  EXPECT_THAT(text, HasSubstr(fmt::format("AURC {:.4f}\n", curve.at("aurc").get<double>())));
  // The threshold means what it says: so many images are answered.
  const auto half = curve.at("points")[6];
  std::vector<std::string> words{
      "--prompt", path("run"),        "--json",
      "-",        "--min-confidence", fmt::format("{:.17g}", half.at("threshold").get<double>())};
  succeed(evaluate({"--prompt", path("run"), "--per-image", path("images.csv")}));
  std::istringstream rows(read_text(folder / "images.csv"));
  std::string row;
  std::getline(rows, row);
  while (std::getline(rows, row)) words.push_back(row.substr(0, row.find(',')));
  int answered = 0;
  const auto answers = nlohmann::json::parse(succeed(classify(words)).out).at("images");
  for (const auto& image : answers) answered += !image.at("unsure").get<bool>();
  EXPECT_EQ(answered, half.at("images"));
}

TEST_F(Evaluate, SaysHowPicturesOfOtherClassesAreTold) {
  learn({"--classes", "base"});
  fs::create_directory(folder / "others");
  fs::copy(folder / "plain" / class_names[3], folder / "others" / "a", fs::copy_options::recursive);
  const auto others = report({"--classes", "base", "--others", path("others")}).at("others");
  EXPECT_EQ(others.at("images"), 5);
  EXPECT_EQ(others.at("scores")[0].at("score"), "max_logit");
  const std::string text =
      succeed(evaluate({"--prompt", path("run"), "--classes", "base", "--others", path("others")}))
          .out;
  EXPECT_THAT(text, HasSubstr("of 5 pictures of other classes"));
  EXPECT_THAT(text,
              HasSubstr(fmt::format("max_logit         {:6.3f}  {:6.2f} %\n",
                                    others.at("scores")[0].at("auroc").get<double>(),
                                    100 * others.at("scores")[0].at("rejected").get<double>())));
  EXPECT_FALSE(report().contains("others"));
}

}  // namespace
}  // namespace qprompt::testing
