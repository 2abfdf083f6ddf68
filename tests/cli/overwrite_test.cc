// Nothing that lies there already is lost by accident.

#include <sys/stat.h>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Overwrite : public CliTest {
 protected:
  std::vector<std::string> train_run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> flags{"--skip-evaluation"};
    flags.insert(flags.end(), more.begin(), more.end());
    return train(path("run"), flags);
  }
  std::vector<std::string> import(const std::vector<std::string>& more) const {
    std::vector<std::string> words{
        "import", path("values.safetensors"), "--model", model, "--method", "coop"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // A run, and what it learned as import takes it.
  void learn() const {
    succeed(train_run({"--full-precision"}));
    succeed({"export", path("run"), "--values", path("values.safetensors")});
  }
};

TEST_F(Overwrite, AFinishedRunStaysUnlessForced) {
  succeed(train_run());
  const std::string prompt = read_text(folder / "run/prompt.qprompt");
  EXPECT_THAT(error_line(train_run({"--epochs", "3"})),
              AllOf(HasSubstr(path("run")), HasSubstr("--force"), HasSubstr("--resume")));
  EXPECT_EQ(read_text(folder / "run/prompt.qprompt"), prompt);
  succeed(train_run({"--epochs", "3", "--force"}));
  EXPECT_EQ(json_file(folder / "run/run.json").at("settings").at("epochs"), 3);
}

TEST_F(Overwrite, ResumingAFinishedRunSaysSoAndSucceeds) {
  succeed(train_run());
  const std::string record = read_text(folder / "run/run.json");
  EXPECT_THAT(succeed(train_run({"--resume"})).out, HasSubstr("this run is finished"));
  EXPECT_EQ(read_text(folder / "run/run.json"), record);
}

TEST_F(Overwrite, AnUnfinishedRunStaysUnlessResumedOrForced) {
  folder.file("run/training_state.safetensors", "anything");
  EXPECT_THAT(error_line(train_run()),
              AllOf(HasSubstr("unfinished"), HasSubstr("--resume"), HasSubstr("--force")));
  succeed(train_run({"--force"}));
}

TEST_F(Overwrite, APromptWithoutItsRecordStaysToo) {
  folder.file("run/prompt.qprompt", "anything");
  EXPECT_THAT(error_line(train_run()), HasSubstr("--force"));
}

TEST_F(Overwrite, TheDemoKeepsRunsThatAreNotIts) {
  succeed(train_run());
  EXPECT_THAT(error_line({"demo", "--output", path("run")}), HasSubstr("--force"));
}

TEST_F(Overwrite, ReportsStayUnlessForced) {
  const std::string report = folder.file("report.json", "mine").string();
  const std::string names = folder.file("names.txt", "cat\ndog\n").string();
  EXPECT_THAT(error_line(evaluate({"--json", report})),
              HasSubstr(report + ": is there already; --force overwrites it"));
  EXPECT_THAT(error_line(classify({"--classes", names, "--csv", report, picture().string()})),
              HasSubstr("--force"));
  EXPECT_THAT(error_line({"base-to-new", "--records", path("records"), "--model", model, "--data",
                          data, "--json", report}),
              HasSubstr("--force"));
  EXPECT_EQ(read_text(report), "mine");
  succeed(evaluate({"--json", report, "--force"}));
  EXPECT_EQ(json_file(report).at("command"), "evaluate");
}

TEST_F(Overwrite, PromptsStayUnlessForced) {
  learn();
  const std::string prompt = folder.file("p.qprompt", "mine").string();
  EXPECT_THAT(error_line(import({"--output", prompt})), HasSubstr("--force"));
  EXPECT_THAT(
      error_line({"convert", path("run"), "--model", model, "--bits", "1", "--output", prompt}),
      HasSubstr("--force"));
  EXPECT_EQ(read_text(prompt), "mine");
  succeed(import({"--output", prompt, "--force"}));
}

TEST_F(Overwrite, ExportedFilesStayUnlessForced) {
  learn();
  EXPECT_THAT(error_line({"export", path("run"), "--values", path("values.safetensors")}),
              HasSubstr("--force"));
}

TEST_F(Overwrite, SomebodysOwnClassListIsNotTakenForThePromptsNames) {
  learn();
  const fs::path own = folder.file("photos.classes.txt", "my own list\n");
  EXPECT_THAT(error_line(import({"--output", path("photos.qprompt")})), HasSubstr(own.string()));
  EXPECT_EQ(read_text(own), "my own list\n");
  EXPECT_FALSE(fs::exists(folder / "photos.qprompt"));
}

TEST_F(Overwrite, AClassListThatIsGivenMayLieBesideThePrompt) {
  learn();
  const fs::path names = folder.file("photos.classes.txt", "cat\n\ndog\n");
  succeed(import({"--output", path("photos.qprompt"), "--classes", names.string()}));
  EXPECT_EQ(read_text(names), "cat\n\ndog\n");
}

TEST_F(Overwrite, PromptsWhoseNamesDifferInTheirEndingHaveClassListsOfTheirOwn) {
  learn();
  const std::string cats = folder.file("cats.txt", "lion\ntiger\n").string();
  const std::string dogs = folder.file("dogs.txt", "poodle\nbeagle\n").string();
  succeed(import({"--output", path("my.v1"), "--classes", cats}));
  succeed(import({"--output", path("my.v2"), "--classes", dogs}));
  succeed(import({"--output", path("my.v3")}));
  EXPECT_EQ(read_text(folder / "my.v1.classes.txt"), "lion\ntiger\n");
  EXPECT_EQ(read_text(folder / "my.v2.classes.txt"), "poodle\nbeagle\n");
  const Outcome outcome =
      succeed(classify({"--prompt", path("my.v1"), "--top", "2", picture().string()}));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("lion"), HasSubstr("tiger")));
}

TEST_F(Overwrite, AnOutputThatIsReadIsRefusedEvenWhenForced) {
  learn();
  const std::string prompt = path("run/prompt.qprompt");
  fs::create_symlink(prompt, folder / "link");
  const fs::path weights = folder / "model/model.safetensors";
  fs::copy(model, folder / "model");
  const std::string names = folder.file("names.txt", "cat\ndog\n").string();
  const std::string image = path("a.webp");
  fs::copy_file(picture(), image);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"export", path("run"), "--values", prompt},
           {"export", path("run"), "--values", path("link")},
           {"export", path("run"), "--model", path("model"), "--class-matrix", weights.string()},
           {"convert", prompt, "--model", model, "--bits", "1", "--output", prompt},
           {"classify", "--model", model, "--classes", names, "--csv", image, image},
           {"classify", "--model", model, "--prompt", path("run"), "--json",
            path("run/prompt.classes.txt"), image},
           {"evaluate", "--model", model, "--data", data, "--classes", names, "--json", names},
           {"evaluate", "--model", model, "--data", data, "--prompt", path("run"), "--json",
            path("run/run.json")},
           {"classify", "--model", model, "--classes", names, "--csv", names, image},
           {"classify", "--model", model, "--classes", names, "--csv", picture().string(),
            class_folder("test", 0).string()},
           {"evaluate", "--model", model, "--data", data, "--json", picture().string()}}) {
    std::vector<std::string> forced = words;
    forced.push_back("--force");
    EXPECT_THAT(error_line(forced), HasSubstr("is read by this command too"));
  }
  EXPECT_EQ(fs::file_size(weights), fs::file_size(fs::path(model) / "model.safetensors"));
}

TEST_F(Overwrite, TwoOutputsInOneFileAreRefused) {
  const std::string names = folder.file("names.txt", "cat\ndog\n").string();
  EXPECT_THAT(error_line(classify({"--classes", names, "--json", path("out"), "--csv",
                                   path("./out"), picture().string()})),
              HasSubstr("written twice"));
}

TEST_F(Overwrite, ARunAmongTheClassFoldersIsRefused) {
  EXPECT_THAT(error_line(train(data + "/run")), HasSubstr("lies in the images of " + data));
}

TEST_F(Overwrite, ALinkThatLeadsNowhereIsToldBeforeTraining) {
  fs::create_symlink("loop", folder / "loop");
  EXPECT_THAT(error_line(train(path("loop"))), HasSubstr("a link that leads nowhere"));
  EXPECT_THAT(error_line(evaluate({"--json", path("loop")})), HasSubstr("loop: cannot be written"));
}

TEST_F(Overwrite, AForcedReportKeepsItsPermissionsAndItsLink) {
  const fs::path report = folder.file("report.json", "old");
  ASSERT_EQ(::chmod(report.c_str(), 0600), 0);
  fs::create_symlink(report, folder / "link");
  succeed(evaluate({"--json", path("link"), "--force"}));
  EXPECT_EQ(static_cast<unsigned>(fs::status(report).permissions()), 0600u);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(json_file(report).at("command"), "evaluate");
}

}  // namespace
}  // namespace qprompt::testing
