#include <csignal>
#include <thread>

#include "qprompt/formats/tf_record.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/run_lock.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRecord[] = R"({"format": 2, "experiment": "base-to-new", "label": "qcoop bits=2",
  "settings": {"epochs": 2}, "interrupted": false, "epochs": [{}, {}],
  "source": {"dataset": "Caltech101", "shots": 16, "seed": 2, "train_seed": 2},
  "targets": [{"name": "base", "images": 10, "accuracy": 0.5}], "seconds": {"training": 70}})";

class Runs : public CliTest {
 protected:
  fs::path records() const { return folder / "records"; }
  void begin(const std::string& run, const RunEvent::Content& then) const {
    EventLog log(records() / run / kEventsName, EventLog::Begin::kAppend);
    log.write(RunBegun{.label = "coop", .dataset = "DTD", .shots = 8, .epochs = 50});
    log.write(then);
  }
  void finish(const std::string& run) const {
    folder.file(fs::path("records") / run / "run.json", kRecord);
  }
  std::vector<std::string> command(const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words{"runs", records().string()};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
};

TEST_F(Runs, AreListedWithWhatBecameOfThem) {
  finish("done");
  begin("ill", RunFailed{"loss is nan at step 3"});
  begin("dead", EpochReport{.epoch = 7, .epochs = 50});
  begin("now", EpochReport{.epoch = 9, .epochs = 50});
  const auto lock = RunLock::try_lock(records() / "now");
  const std::string out = succeed(command()).out;
  EXPECT_THAT(out,
              AllOf(HasSubstr("state "), HasSubstr("finished"), HasSubstr("2/2"), HasSubstr("1:10"),
                    HasSubstr("qcoop bits=2"), HasSubstr("Caltech101"), HasSubstr("base 50.0 %")));
  EXPECT_THAT(out, AllOf(HasSubstr("killed"), HasSubstr("7/50"), HasSubstr("running"),
                         HasSubstr("9/50"), HasSubstr("loss is nan at step 3")));
  EXPECT_THAT(out, HasSubstr("process " + std::to_string(this_process()) + " on " + this_host()));
  EXPECT_THAT(out, EndsWith("4 runs: 1 running, 1 finished, 1 failed, 1 killed\n"));
}

TEST_F(Runs, AreListedAsJson) {
  finish("a/done");
  begin("b", RunFailed{"loss is nan"});
  const auto json = nlohmann::json::parse(succeed(command({"--json"})).out);
  ASSERT_EQ(json.at("runs").size(), 2);
  const auto& done = json.at("runs")[0];
  EXPECT_EQ(done.at("name"), "a/done");
  EXPECT_EQ(done.at("status"), "finished");
  EXPECT_EQ(done.at("targets"),
            nlohmann::json({{{"name", "base"}, {"images", 10}, {"accuracy", 0.5}}}));
  EXPECT_EQ(json.at("runs")[1].at("error"), "loss is nan");
}

TEST_F(Runs, ThatAreFinishedAreWatchedForNoTime) {
  finish("done");
  EXPECT_THAT(succeed(command({"--watch"})).out, HasSubstr("finished  2/2"));
}

TEST_F(Runs, AreWatchedUntilTheyAreFinished) {
  begin("now", EpochReport{.epoch = 9, .epochs = 50});
  auto lock = RunLock::try_lock(records() / "now");
  std::thread worker([&] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    finish("now");
    lock.reset();
  });
  const Outcome outcome = succeed(command({"--watch"}));
  worker.join();
  EXPECT_THAT(outcome.out, HasSubstr("finished  2/2"));
  EXPECT_THAT(outcome.err, HasSubstr("watching "));
}

TEST_F(Runs, AreWatchedUntilAPersonHasSeenEnough) {
  begin("now", EpochReport{.epoch = 9, .epochs = 50});
  const auto lock = RunLock::try_lock(records() / "now");
  const Outcome outcome = run(command({"--watch"}), {.interrupt_at = "watching "});
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("running  9/50"), Not(HasSubstr("\033"))));
}

TEST_F(Runs, OfHostileNamesCommandNoTerminal) {
  finish("a\033[2Jb");
  begin("c", RunFailed{"\033[31mred"});
  EXPECT_THAT(succeed(command()).out, AllOf(HasSubstr(R"(a\x1b[2Jb)"), Not(HasSubstr("\033"))));
}

TEST_F(Runs, WhereThereAreNoneAreAnError) {
  fs::create_directories(records());
  EXPECT_THAT(error_line(command()), HasSubstr("records: no runs in it or below"));
  EXPECT_THAT(error_line({"runs", path("nowhere")}), HasSubstr("nowhere: not a folder"));
}

// A folder's only file.
fs::path file_in(const fs::path& folder) { return folder / listing(folder).at(0); }

TEST_F(Runs, OfTrainingTellTheirEventsToTheListAndToTensorBoard) {
  succeed(train(path("records/run"), {"--bits", "1", "--tensorboard", path("board")}));
  std::vector<std::string> names;
  for (const RunEvent& event : read_events(records() / "run" / kEventsName)) {
    names.emplace_back(event.name());
  }
  EXPECT_EQ(names.front(), "begin");
  EXPECT_EQ(names.back(), "end");
  EXPECT_EQ(std::ranges::count(names, "epoch"), 2);
  EXPECT_GE(std::ranges::count(names, "cluster"), 1);
  // The version, two epochs with their weights, the targets.
  EXPECT_EQ(read_tf_records(file_in(path("board"))).size(), 1u + 2 * 2 + 1);
  const auto json = nlohmann::json::parse(succeed(command({"--json"})).out).at("runs").at(0);
  EXPECT_EQ(json.at("status"), "finished");
  EXPECT_EQ(json.at("shots"), 2);
  EXPECT_EQ(json.at("epoch"), 2);
  EXPECT_EQ(json.at("targets").at(0).at("images"), kClasses * kTestImages);
  EXPECT_FALSE(fs::exists(records() / "run/run.lock"));
}

TEST_F(Runs, OfAKilledTrainingAreKilledAndCanBeGoneOnWith) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  run(train(path("records/run"), {"--epochs", "1000000"}),
      {.interrupt_at = "training: ", .interrupt_signal = SIGKILL, .terminal = true});
  EXPECT_THAT(succeed(command()).out, HasSubstr("1 run: 1 killed"));
  const Outcome again = run(train(path("records/run"), {"--epochs", "1000000", "--resume"}),
                            {.interrupt_at = "training: ", .terminal = true});
  EXPECT_EQ(again.exit_code, 130) << again.err;
  EXPECT_THAT(succeed(command()).out, HasSubstr("1 run: 1 interrupted"));
}

TEST_F(Runs, AreWorkedOnByOneProcess) {
  const auto lock = RunLock::try_lock(records() / "run");
  EXPECT_THAT(error_line(train(path("records/run"))),
              HasSubstr("records/run: another process works on this run"));
}

}  // namespace
}  // namespace qprompt::testing
