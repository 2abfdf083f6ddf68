#include "qprompt/run/run_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/file.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/run_lock.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kRecord[] = R"({"format": 2, "experiment": "base-to-new", "label": "qcoop bits=2",
  "settings": {"epochs": 50}, "interrupted": false, "epochs": [{}, {}],
  "source": {"dataset": "Caltech101", "shots": 16, "seed": 2, "train_seed": 5},
  "targets": [{"name": "base", "images": 10, "accuracy": 0.5},
              {"name": "new", "images": 20, "accuracy": 0.25}],
  "seconds": {"features": 1, "training": 10.5, "evaluation": 0.5}})";
// Of version 0.1.
constexpr char kOldRecord[] = R"({"command": "train", "data": {"path": "/photos"},
  "settings": {"method": "coop", "shots": 4, "seed": 3, "epochs": 2}, "interrupted": false,
  "test": {"images": 12, "zero_shot_accuracy": 0.25, "adapted_accuracy": 0.75},
  "seconds": {"features": 1, "training": 2}})";

class RunList : public ::testing::Test {
 protected:
  void events(const std::string& run, const std::vector<RunEvent::Content>& contents) const {
    EventLog log(folder / run / kEventsName, EventLog::Begin::kAppend);
    for (const RunEvent::Content& content : contents) log.write(content);
  }
  void begin(const std::string& run, const std::vector<RunEvent::Content>& then = {}) const {
    events(run, {RunBegun{.experiment = "noise",
                          .label = "qcoop noise=0.1",
                          .dataset = "DTD",
                          .shots = 8,
                          .seed = 7,
                          .train_seed = 7,
                          .epochs = 50}});
    events(run, then);
  }
  void record(const std::string& run, const std::string& text = kRecord) const {
    folder.file(fs::path(run) / "run.json", text);
  }
  ListedRun only() const {
    const auto runs = list_runs(folder.path());
    EXPECT_EQ(runs.size(), 1u);
    return runs.at(0);
  }

  testing::TemporaryFolder folder;
};

TEST_F(RunList, HoldsRunsWhereverTheyLieByTheirNames) {
  record("b/two");
  begin("a");
  record("b/one");
  folder.file("b/notes.txt", "");
  std::vector<std::string> names;
  for (const ListedRun& run : list_runs(folder.path())) names.push_back(run.name);
  EXPECT_THAT(names, ElementsAre("a", "b/one", "b/two"));
  EXPECT_EQ(list_runs(folder / "a").at(0).name, ".");
  EXPECT_THAT(list_runs(folder.file("empty/x", "").parent_path()), IsEmpty());
}

TEST_F(RunList, TakesFinishedRunsFromTheirRecords) {
  record("run");
  const ListedRun run = only();
  EXPECT_EQ(run.status, RunStatus::kFinished);
  EXPECT_EQ(run.experiment, "base-to-new");
  EXPECT_EQ(run.label, "qcoop bits=2");
  EXPECT_EQ(run.dataset, "Caltech101");
  EXPECT_EQ(run.shots, 16);
  EXPECT_EQ(run.seed, 2u);
  EXPECT_EQ(run.train_seed, 5u);
  EXPECT_EQ(run.epoch, 2);
  EXPECT_EQ(run.epochs, 50);
  EXPECT_EQ(run.seconds, 12);
  EXPECT_THAT(run.targets, ElementsAre(RunTarget{"base", 10, 0.5}, RunTarget{"new", 20, 0.25}));
}

TEST_F(RunList, TakesThoseOfVersion01) {
  record("run", kOldRecord);
  const ListedRun run = only();
  EXPECT_EQ(run.label, "coop");
  EXPECT_EQ(run.dataset, "/photos");
  EXPECT_EQ(run.seed, 3u);
  EXPECT_THAT(run.targets, ElementsAre(RunTarget{"test", 12, 0.75}));
}

TEST_F(RunList, KnowsWhatRunsByItsLockAndHowFarItIsByItsEvents) {
  begin("run", {EpochReport{.epoch = 1, .epochs = 50}, EpochReport{.epoch = 2, .epochs = 50},
                RunClustered{}});
  const auto lock = RunLock::try_lock(folder / "run");
  const UtcTime later = utc_now() + std::chrono::seconds(90);
  const ListedRun run = list_runs(folder.path(), later).at(0);
  EXPECT_EQ(run.status, RunStatus::kRunning);
  EXPECT_EQ(run.label, "qcoop noise=0.1");
  EXPECT_EQ(run.dataset, "DTD");
  EXPECT_EQ(run.epoch, 2);
  EXPECT_EQ(run.epochs, 50);
  EXPECT_EQ(run.host, this_host());
  EXPECT_EQ(run.process, this_process());
  EXPECT_GE(run.seconds, 90);
  EXPECT_GE(run.quiet_seconds, 90);
}

TEST_F(RunList, TellsHowOthersEnded) {
  begin("ended", {RunEnded{}});
  begin("failed", {EpochReport{.epoch = 1, .epochs = 50}, RunFailed{"loss is nan"}});
  begin("interrupted", {RunInterrupted{}});
  begin("killed", {EpochReport{.epoch = 3, .epochs = 50}});
  const auto runs = list_runs(folder.path());
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].status, RunStatus::kFinished);
  EXPECT_EQ(runs[1].status, RunStatus::kFailed);
  EXPECT_EQ(runs[1].error, "loss is nan");
  EXPECT_EQ(runs[1].epoch, 1);
  EXPECT_EQ(runs[2].status, RunStatus::kInterrupted);
  EXPECT_EQ(runs[3].status, RunStatus::kKilled);
  EXPECT_EQ(runs[3].epoch, 3);
}

TEST_F(RunList, TellsTheLatestOfSeveralTries) {
  begin("run", {RunFailed{"loss is nan"}});
  events("run", {RunBegun{.epochs = 50, .epochs_done = 4}});
  EXPECT_EQ(only().status, RunStatus::kKilled);
  EXPECT_EQ(only().error, "");
  EXPECT_EQ(only().epoch, 4);
  events("run", {RunEnded{}});
  EXPECT_EQ(only().status, RunStatus::kFinished);
}

TEST_F(RunList, PrefersARecordThatCameAfterTheLastEvent) {
  begin("run");
  record("run");
  EXPECT_EQ(only().status, RunStatus::kFinished);
  EXPECT_EQ(only().label, "qcoop bits=2");
  // Begun anew behind a finished one, and killed.
  const auto written = fs::last_write_time(folder / "run/run.json");
  fs::last_write_time(folder / "run" / kEventsName, written + std::chrono::seconds(1));
  EXPECT_EQ(only().status, RunStatus::kKilled);
  EXPECT_EQ(only().label, "qcoop noise=0.1");
}

TEST_F(RunList, OfAFailureAfterTheRecordIsAFailure) {
  begin("run");
  record("run");
  events("run", {RunFailed{"the disk is full"}});
  EXPECT_EQ(only().status, RunStatus::kFailed);
}

TEST_F(RunList, KnowsAnInterruptedRunByItsRecord) {
  record("run", R"({"interrupted": true})");
  EXPECT_EQ(only().status, RunStatus::kInterrupted);
}

TEST_F(RunList, ShowsNoEpochsOfWhatLearnsWithoutSteps) {
  record("run", R"({"settings": {"epochs": 50}, "epochs": [], "interrupted": false})");
  EXPECT_EQ(only().epochs, 0);
  record("run", R"({"settings": {"epochs": 50}, "interrupted": false})");
  EXPECT_EQ(only().epochs, 0);
  record("run", R"({"settings": {"epochs": 50}, "epochs": [], "interrupted": true})");
  EXPECT_EQ(only().epochs, 50) << "interrupted in its first";
}

TEST_F(RunList, ShowsDamageBesideWhatIsWhole) {
  record("a");
  for (const std::string text : {"{", "[1]", R"({"targets": 3})", R"({"targets": [{}]})",
                                 R"({"seconds": 3, "epochs": 1, "source": []})",
                                 R"({"source": {"seed": "x"}})", R"({"seconds": {"a": "b"}})"}) {
    record("b", text);
    const auto runs = list_runs(folder.path());
    EXPECT_EQ(runs.at(0).status, RunStatus::kFinished);
    if (text.find("epochs") != text.npos) continue;  // harmless: nothing of it is shown
    EXPECT_EQ(runs.at(1).status, RunStatus::kUnreadable) << text;
    EXPECT_THAT(runs.at(1).error, HasSubstr("run.json")) << text;
  }
  folder.file("c/events.jsonl", "no event\n");
  EXPECT_EQ(list_runs(folder / "c").at(0).status, RunStatus::kUnreadable);
  EXPECT_THAT(list_runs(folder / "c").at(0).error, HasSubstr("events.jsonl:1"));
}

TEST_F(RunList, OfWhatIsNoFolderIsAnError) {
  EXPECT_THAT(error_of([&] { list_runs(folder / "nowhere"); }), HasSubstr("not a folder"));
  EXPECT_THAT(error_of([&] { list_runs(folder.file("file", "")); }), HasSubstr("not a folder"));
}

}  // namespace
}  // namespace qprompt
