// Choosing settings by validation over classes, as a person meets it.

#include <nlohmann/json.hpp>

#include "qprompt/core/file.h"
#include "qprompt/run/run_folder.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

// `words` and these flags, each with its value, in place of what they say; a value of "" is none.
Words with(Words words, const std::vector<std::pair<std::string, std::string>>& flags) {
  for (const auto& [flag, value] : flags) {
    const auto found = std::ranges::find(words, flag);
    if (found != words.end()) words.erase(found, found + 2);
    if (value == "-") continue;
    words.push_back(flag);
    if (!value.empty()) words.push_back(value);
  }
  return words;
}
using Flags = std::vector<std::pair<std::string, std::string>>;

// With a validation image of each class.
void add_validation_images(const fs::path& data) {
  for (const auto& entry : fs::directory_iterator(data / "train")) {
    const fs::path to = data / "val" / entry.path().filename();
    fs::create_directories(to);
    const fs::path first = fs::directory_iterator(entry.path())->path();
    fs::rename(first, to / first.filename());
  }
}

// The pictures of four classes; few candidates, so that a choice takes a moment.
class TuneCommand : public CliTest {
 protected:
  TuneCommand() { add_validation_images(data); }

  Words tune(const std::string& output, const Flags& flags = {}) const {
    return with(
        {"tune", "--model",   model, "--data",       data, "--output",     path(output), "--epochs",
         "3",    "--views",   "2",   "--batch-size", "4",  "--shots",      "3",          "--budget",
         "0",    "--repeats", "1",   "--threads",    "1",  "--candidates", "qcoop,clap"},
        flags);
  }

  std::vector<std::byte> prompt(const std::string& run) const {
    return read_bytes(folder / run / kPromptName);
  }
  nlohmann::json record(const std::string& run) const {
    return json_file(folder / run / kReportName);
  }
  // Without what no two runs share.
  nlohmann::json choice(const std::string& run) const {
    nlohmann::json tune = record(run).at("tune");
    tune.erase("seconds");
    return tune;
  }
};

TEST_F(TuneCommand, SaysWhatWasChosenAndWhatToExpect) {
  const Outcome outcome = succeed(tune("run"));
  EXPECT_THAT(outcome.err, HasSubstr("choosing among 5 candidates"));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("chosen: "),
                                 HasSubstr("zero-shot on the same images: learned classes")));
  const Flags one{{"--candidates", "qcoop"}, {"--lr", "0.01"}};
  EXPECT_THAT(succeed(tune("one", one)).out, AllOf(HasSubstr("chosen: qcoop lr=0.01, epoch 3"),
                                                   HasSubstr("expected: learned classes")));
  const nlohmann::json chosen = choice("run");
  EXPECT_EQ(chosen.at("candidates").size(), 5u);
  EXPECT_EQ(chosen.at("candidates")[0].at("name"), "zeroshot");
  EXPECT_EQ(chosen.at("folds_of_classes").size(), 2u);
  EXPECT_EQ(chosen.at("for"), "new");
  EXPECT_EQ(record("run").at("method"), "tuned");
}

TEST_F(TuneCommand, IsTrainWithTheFlag) {
  succeed(tune("a"));
  Words words = tune("b");
  words.front() = "train";
  words.push_back("--tune");
  succeed(words);
  EXPECT_EQ(prompt("a"), prompt("b"));
  EXPECT_EQ(choice("a"), choice("b"));
}

// With one candidate there is nothing to choose.
TEST_F(TuneCommand, WithOneCandidateEqualsTrain) {
  const Flags settings{{"--lr", "0.02"}, {"--bits", "2"}};
  succeed(with(tune("tuned", settings), {{"--candidates", "-"}, {"--method", "coop"}}));
  Words words = with(tune("trained", settings), {{"--candidates", "-"},
                                                 {"--budget", "-"},
                                                 {"--repeats", "-"},
                                                 {"--model-choice", "last_epoch"}});
  words.front() = "train";
  succeed(words);
  EXPECT_EQ(prompt("tuned"), prompt("trained"));
}

// The test images are replaced by others, of which some are damaged: nothing changes.
TEST_F(TuneCommand, NeverLooksAtATestImage) {
  succeed(tune("before"));
  for (int c = 0; c < kClasses; ++c) {
    for (const auto& entry : fs::directory_iterator(class_folder("test", c))) {
      write_file(entry.path(), std::string_view("poison"));
    }
  }
  succeed(tune("after", {{"--skip-evaluation", ""}}));
  EXPECT_EQ(prompt("before"), prompt("after"));
  EXPECT_EQ(choice("before"), choice("after"));
}

// Classes outside those that are learned change nothing: other pictures, other names.
TEST_F(TuneCommand, NeverLooksAtAClassThatIsNotLearned) {
  const Flags base{{"--classes", "base"}, {"--for", "same"}, {"--candidates", "coop,class-means"}};
  succeed(tune("before", base));
  for (const std::string subset : {"train", "val", "test"}) {
    for (int c = kClasses / 2; c < kClasses; ++c) {
      for (const auto& entry : fs::directory_iterator(class_folder(subset, c))) {
        fs::copy_file(picture(), entry.path(), fs::copy_options::overwrite_existing);
      }
    }
  }
  succeed(tune("after", base));
  EXPECT_EQ(prompt("before"), prompt("after"));
  EXPECT_EQ(choice("before"), choice("after"));
}

TEST_F(TuneCommand, KilledAndResumedChoosesTheSame) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  const Flags slow{{"--epochs", "300"}, {"--repeats", "2"}};
  succeed(tune("undisturbed", slow));
  ProgramOptions kill{.interrupt_at = "round 2", .interrupt_signal = SIGKILL, .terminal = true};
  run(tune("killed", slow), kill);
  ASSERT_FALSE(fs::exists(folder / "killed" / kReportName)) << "the kill came too late";
  EXPECT_THAT(error_line(tune("killed", slow)), HasSubstr("--resume goes on with it"));
  Words again = tune("killed", slow);
  again.push_back("--resume");
  succeed(again);
  EXPECT_EQ(prompt("killed"), prompt("undisturbed"));
  EXPECT_EQ(choice("killed"), choice("undisturbed"));
}

TEST_F(TuneCommand, IsResumedByTheSameCommandLineAlone) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  run(tune("run", {{"--epochs", "300"}}),
      {.interrupt_at = "round 2", .interrupt_signal = SIGKILL, .terminal = true});
  EXPECT_THAT(error_line(tune("run", {{"--epochs", "200"}, {"--resume", ""}})),
              HasSubstr("resume with the same command line"));
}

// Neither is gone on with as the other, and nothing of it is lost.
TEST_F(TuneCommand, AndTrainingResumeTheirOwn) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  run(tune("run", {{"--epochs", "300"}}),
      {.interrupt_at = "round 2", .interrupt_signal = SIGKILL, .terminal = true});
  const std::string events = read_text(folder / "run" / "events.jsonl");
  EXPECT_THAT(
      error_line({"train", "--model", model, "--data", data, "--output", path("run"), "--resume"}),
      HasSubstr("--tune goes on with that"));
  EXPECT_EQ(read_text(folder / "run" / "events.jsonl"), events);
}

TEST_F(TuneCommand, ForAClosedListMayTakeClassMeans) {
  const Flags means{{"--candidates", "class-means"}, {"--epochs", "-"}, {"--batch-size", "-"}};
  succeed(with(tune("run", means), {{"--for", "same"}}));
  EXPECT_EQ(choice("run").at("chosen").at("name"), "class-means");
  EXPECT_THAT(error_line(tune("other", means)),
              AllOf(HasSubstr("'class-means'"), HasSubstr("--for same")));
  EXPECT_FALSE(fs::exists(folder / "other"));
}

// The prompt of a mean is one file, which evaluates and classifies as any other.
TEST_F(TuneCommand, LearnsAMeanAsOnePrompt) {
  succeed(tune("run", {{"--candidates", "qcoop & qclap"}, {"--lr", "0.05"}}));
  EXPECT_EQ(choice("run").at("chosen").at("name"), "qcoop lr=0.05 & qclap");
  const nlohmann::json target = record("run").at("targets").at(0);
  const Outcome again = succeed(evaluate({"--prompt", path("run"), "--json", "-"}));
  EXPECT_EQ(nlohmann::json::parse(again.out).at("correct"), target.at("correct"));
  succeed(classify({"--prompt", path("run"), picture().string()}));
}

TEST_F(TuneCommand, RefusesWhatItDecidesItself) {
  EXPECT_THAT(run(tune("run", {{"--preset", "coop-base2new"}})).err,
              HasSubstr("--tune chooses them"));
  EXPECT_THAT(run(tune("run", {{"--depth", "3"}})).err, HasSubstr("--depth"));
  EXPECT_THAT(error_line(tune("run", {{"--budget", "soon"}})), HasSubstr("budget 'soon'"));
  EXPECT_THAT(run(tune("run", {{"--regularizer", "kgcoop"}})).err, HasSubstr("qkgcoop"));
  EXPECT_THAT(run(tune("run", {{"--method", "coop"}})).err, HasSubstr("--candidates"));
  EXPECT_THAT(run(tune("run", {{"--full-precision", ""}, {"--bits", "2"}})).err,
              HasSubstr("no bits"));
  Words train = tune("run");
  train.front() = "train";
  EXPECT_THAT(run(train).err, HasSubstr("--budget"));
  EXPECT_FALSE(fs::exists(folder / "run"));
}

class TrainByDefault : public CliTest {
 protected:
  TrainByDefault() { add_validation_images(data); }

  Words words(const Words& flags = {}) const {
    Words words{"train",    "--model",   model,       "--data", data,
                "--output", path("run"), "--threads", "1"};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
  nlohmann::json record() const { return json_file(folder / "run" / kReportName); }
};

TEST_F(TrainByDefault, TakesAPublishedPresetAndSaysWhich) {
  const Outcome outcome = succeed(words({"--epochs", "2"}));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("preset qcoop-base2new"), HasSubstr("--tune")));
  const nlohmann::json run = record();
  EXPECT_EQ(run.at("preset").at("name"), "qcoop-base2new");
  EXPECT_EQ(run.at("preset").at("differences").at("epochs"), "2");
  EXPECT_EQ(run.at("settings").at("model_choice"), "best_or_zero_shot");
  EXPECT_EQ(run.at("settings").at("bits"), "1");
}

TEST_F(TrainByDefault, ShowsWhatBecomesOfHeldOutImagesAndClasses) {
  const Outcome outcome = succeed(words({"--epochs", "2"}));
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("held-out images: zero-shot"),
                    HasSubstr("classes not learned (2 held out, learned from the other 2)")));
  const nlohmann::json held_out = record().at("held_out");
  EXPECT_EQ(held_out.at("novel").at("novel_classes"), 2);
  EXPECT_GT(held_out.at("class_means").at("images").get<int>(), 0);
}

TEST_F(TrainByDefault, ShowsNothingOfThatWhereItIsNotWanted) {
  const Outcome outcome = succeed(words({"--epochs", "2", "--skip-held-out"}));
  EXPECT_THAT(outcome.out, Not(HasSubstr("held-out images")));
  EXPECT_FALSE(record().contains("held_out"));
}

// A rate that destroys: what is kept is zero-shot, and a line says so.
TEST_F(TrainByDefault, KeepsZeroShotWhereNoEpochIsBetter) {
  const Outcome outcome = succeed(words({"--epochs", "2", "--lr", "100", "--warmup-epochs", "0"}));
  EXPECT_THAT(outcome.err, HasSubstr("no epoch was better than zero-shot"));
  const nlohmann::json run = record();
  EXPECT_EQ(run.at("chosen_epoch"), 0);
  EXPECT_EQ(run.at("zero_shot").at("accuracy"), run.at("targets").at(0).at("accuracy"));
}

TEST_F(TrainByDefault, KeepsTheLastEpochWithoutValidationImages) {
  fs::remove_all(fs::path(data) / "val");
  EXPECT_THAT(succeed(words({"--epochs", "2"})).err, HasSubstr("no validation images"));
  EXPECT_EQ(record().at("settings").at("model_choice"), "last_epoch");
}

// What is seen of held-out classes is no part of the run: it is there without.
TEST_F(TrainByDefault, IsFinishedWhereHeldOutClassesCannotBeLookedAt) {
  fs::remove_all(class_folder("train", 1));
  const Outcome outcome = succeed(words({"--epochs", "2"}));
  EXPECT_EQ(record().at("interrupted"), false);
  EXPECT_FALSE(record().contains("held_out") && record().at("held_out").contains("class_means"));
}

// Of a fresh view for each of its few epochs, in which nothing that follows may ask for more.
TEST_F(TrainByDefault, TakesFreshViews) {
  succeed(words({"--epochs", "2", "--views", "0"}));
  EXPECT_TRUE(record().contains("held_out"));
}

TEST_F(TrainByDefault, KeepsThePapersRuleOfAPresetThatWasAskedFor) {
  succeed(words({"--preset", "coop-base2new", "--epochs", "2", "--views", "2"}));
  EXPECT_EQ(record().at("settings").at("model_choice"), "last_epoch");
}

}  // namespace
}  // namespace qprompt::testing
