// `qprompt data`, and data sets by name wherever a command takes --data.

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

// A root with EuroSAT as CoOp's users have it, made of the demo's pictures.
class Data : public CliTest {
 protected:
  Data() : root(path("root")), images(path("root/eurosat/2750")) {
    fs::create_directories(images);
    for (const std::string& name : class_names) {
      fs::copy(fs::path(data) / "train" / name, images / name);
    }
    split = path("root/eurosat/split_zhou_EuroSAT.json");
  }
  void make_split() const { succeed({"data", "split", images.string(), "--output", split}); }
  // The error behind what check prints on stdout.
  Outcome check(const Words& flags) const {
    Words words{"data", "check"};
    words.insert(words.end(), flags.begin(), flags.end());
    return run(words);
  }

  std::string root, split;
  fs::path images;
};

TEST_F(Data, ListShowsEveryKnownDataSetAndWhetherItIsThere) {
  make_split();
  const std::string list = succeed({"data", "list", "--data-root", root}).out;
  EXPECT_THAT(list, AllOf(HasSubstr("Caltech101"), HasSubstr("1281167"),
                          HasSubstr("missing: " + root + "/sun397/SUN397")));
  const std::string without = succeed({"data", "list"}).out;
  EXPECT_THAT(without, AllOf(HasSubstr("eurosat/2750"), Not(HasSubstr("missing"))));
  const auto json = nlohmann::json::parse(
      succeed({"data", "list", "--json", "-"}, {.environment = {{"QPROMPT_DATA_ROOT", root}}}).out);
  ASSERT_EQ(json.size(), 15u);
  for (const auto& each : json) {
    EXPECT_EQ(each.at("missing").empty(), each.at("name") == "EuroSAT") << each;
  }
}

TEST_F(Data, CheckSucceedsWhereAllIsThere) {
  const Outcome outcome = succeed({"data", "check", data});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(": 4 classes"), HasSubstr("        5         0         4")));
}

TEST_F(Data, CheckExitsOneAndSaysWhatIsWrong) {
  make_split();
  const fs::path of_class = images / class_names[0];
  fs::remove(of_class / listing(of_class).front());
  folder.file((of_class / listing(of_class).front()).string(), "broken");
  const Outcome outcome = check({"eurosat", "--data-root", root});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("missing: 1 listed images"), HasSubstr("unreadable: "),
                                 HasSubstr("not as published: EuroSAT: 4 classes")));
  EXPECT_THAT(outcome.err, HasSubstr("qprompt: eurosat: 1 missing images, 1 unreadable images"));
  const Outcome json = check({"eurosat", "--data-root", root, "--json", path("report.json")});
  EXPECT_EQ(json.exit_code, 1);
  const nlohmann::json report = json_file(path("report.json"));
  EXPECT_EQ(report.at("name"), "EuroSAT");
  EXPECT_EQ(report.at("missing_images").size(), 1u);
  EXPECT_EQ(report.at("unreadable").size(), 1u);
  EXPECT_EQ(report.at("classes").size(), kClasses);
  EXPECT_FALSE(report.at("is_whole").get<bool>());
}

TEST_F(Data, CheckOfWhatIsNotThereSaysWhereItBelongs) {
  const Outcome outcome = check({"dtd", "--data-root", root});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(root + "/dtd/images: missing"),
                                 HasSubstr("split_zhou_DescribableTextures.json: missing")));
  EXPECT_THAT(error_line({"data", "check", "eurosatt", "--data-root", root}),
              HasSubstr("did you mean EuroSAT?"));
}

TEST_F(Data, SplitDividesOnceForEveryone) {
  make_split();
  const std::string first = read_text(split);
  succeed({"data", "split", images.string(), "--output", path("again.json")});
  EXPECT_EQ(read_text(path("again.json")), first);
  EXPECT_THAT(error_line({"data", "split", images.string(), "--output", split}),
              HasSubstr("--force"));
  succeed({"data", "split", images.string(), "--output", split, "--force", "--seed", "2"});
  EXPECT_NE(read_text(split), first);
  succeed(
      {"data", "split", images.string(), "--output", path("own.json"), "--fractions", "40,0,60"});
  const nlohmann::json own = json_file(path("own.json"));
  EXPECT_EQ(own.at("train").size(), kClasses * 2);
  EXPECT_EQ(own.at("test").size(), kClasses * 3);
  EXPECT_THAT(succeed({"data", "check", images.string(), "--split", path("own.json")}).out,
              HasSubstr("        2         0         3"));
}

TEST_F(Data, SplitRefusesWhatIsDividedAndFractionsThatAreNone) {
  EXPECT_THAT(error_line({"data", "split", data, "--output", path("s.json")}),
              HasSubstr("divided already"));
  EXPECT_THAT(error_line({"data", "split", images.string(), "--output", path("s.json"),
                          "--fractions", "50,20,20"}),
              HasSubstr("fractions"));
  EXPECT_FALSE(fs::exists(path("s.json")));
}

TEST_F(Data, ANameStandsForDataInEveryCommand) {
  make_split();
  const Words where{"--data", "eurosat", "--data-root", root};
  const auto with = [&](Words words) {
    words.insert(words.end(), where.begin(), where.end());
    return words;
  };
  const Outcome zero_shot = succeed(
      with({"evaluate", "--model", model, "--template", "dataset", "--json", path("zero.json")}));
  EXPECT_THAT(zero_shot.err, HasSubstr(root + "/eurosat: " + std::to_string(kClasses)));
  const nlohmann::json described = json_file(path("zero.json")).at("data");
  EXPECT_EQ(described.at("path"), root + "/eurosat");
  EXPECT_EQ(described.at("name"), "EuroSAT");
  succeed(with({"train", "--model", model, "--output", path("run"), "--epochs", "1", "--shots", "1",
                "--views", "1", "--template", "dataset"}));
  EXPECT_EQ(json_file(path("run/run.json")).at("data").at("name"), "EuroSAT");
  succeed(with({"evaluate", "--model", model, "--prompt", path("run")}));
}

TEST_F(Data, AUsageErrorNamesTheInnerCommand) {
  const Outcome unknown = run({"data", "chek", "photos"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err,
              AllOf(HasSubstr("unknown command 'chek', expected one of list, check, split"),
                    HasSubstr("did you mean check?"), HasSubstr("see qprompt data --help")));
  EXPECT_THAT(run({"data", "split", "photos"}).err, HasSubstr("see qprompt data split --help"));
  EXPECT_THAT(run({"data", "check", "photos", "--jsn", "-"}).err,
              HasSubstr("did you mean --json?"));
}

}  // namespace
}  // namespace qprompt::testing
