#include "qprompt/run/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qprompt/core/file.h"
#include "tests/run/killed_process.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::Ending;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

EpochReport epoch(int number) {
  return {.epoch = number, .epochs = 5, .loss = 1.5, .accuracy = 0.25, .lr = 0.002};
}

class EventLogs : public ::testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const RunEvent& event : read_events(path)) names.emplace_back(event.name());
    return names;
  }
  EventLog log(EventLog::Begin begin = EventLog::Begin::kAppend) const { return {path, begin}; }
  std::string error_of_line(const std::string& line) const {
    folder.file("run/events.jsonl", line + "\n");
    return error_of([&] { read_events(path); });
  }

  testing::TemporaryFolder folder;
  const fs::path path = folder / "run/events.jsonl";
};

TEST_F(EventLogs, AreReadAsTheyWereWritten) {
  const UtcTime before = utc_now();
  auto log = this->log();
  log.write(RunBegun{.experiment = "noise",
                     .label = "qcoop noise=0.1",
                     .dataset = "Caltech101",
                     .shots = 16,
                     .seed = 3,
                     .train_seed = 4,
                     .epochs = 5,
                     .epochs_done = 2});
  log.write(epoch(3));
  log.write(RunClustered{.step = 10, .matrix = "ctx", .kl = 0.5});
  log.write(RunFailed{"loss is nan"});
  const auto events = read_events(path);
  EXPECT_THAT(names(), ElementsAre("begin", "epoch", "cluster", "failed"));
  EXPECT_LE(before, events.front().time);
  EXPECT_LE(events.back().time, utc_now());
  const auto& begun = std::get<RunBegun>(events[0].content);
  EXPECT_EQ(begun.label, "qcoop noise=0.1");
  EXPECT_EQ(begun.train_seed, 4u);
  EXPECT_EQ(begun.process, this_process());
  EXPECT_EQ(begun.host, this_host());
  EXPECT_EQ(std::get<EpochReport>(events[1].content).loss, 1.5);
  EXPECT_EQ(std::get<RunClustered>(events[2].content).kl, 0.5);
  EXPECT_EQ(std::get<RunFailed>(events[3].content).error, "loss is nan");
}

TEST_F(EventLogs, AreJsonObjectsALine) {
  log().write(RunFailed{"two\nlines"});
  EXPECT_THAT(read_text(path),
              AllOf(HasSubstr(R"({"time":")"), HasSubstr(R"("event":"failed","error":"two\nlines"})"
                                                         "\n")));
}

TEST_F(EventLogs, AreGoneOnWithOrBegunAnew) {
  log().write(RunBegun{});
  log().write(RunInterrupted{});
  EXPECT_THAT(names(), ElementsAre("begin", "interrupted"));
  log(EventLog::Begin::kAnew).write(RunBegun{});
  EXPECT_THAT(names(), ElementsAre("begin"));
}

TEST_F(EventLogs, WithoutTheEndOfTheirLastLineAreReadToTheOneBefore) {
  log().write(RunBegun{});
  const std::string whole = read_text(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    folder.file("run/events.jsonl", whole + whole.substr(0, size));
    EXPECT_THAT(names(), ElementsAre("begin")) << size;
  }
  log().write(RunEnded{});
  EXPECT_THAT(names(), ElementsAre("begin", "end"));
}

TEST_F(EventLogs, OfAProcessKilledAtAnyMomentCanBeReadAndGoneOnWith) {
  std::size_t kills = 0;
  for (Ending ending = Ending::kKilled; ending == Ending::kKilled; ++kills) {
    fs::remove(path);
    ending = testing::run_and_kill(
        [&] {
          auto log = this->log();
          log.write(RunBegun{});
          log.write(epoch(1));
        },
        kills);
    if (ending == Ending::kUntraceable) GTEST_SKIP() << "no process may watch another here";
    const std::size_t left = fs::exists(path) ? names().size() : 0;
    log().write(RunEnded{});
    EXPECT_EQ(names().size(), left + 1) << kills;
  }
  EXPECT_GT(kills, 5u);
  EXPECT_THAT(names(), ElementsAre("begin", "epoch", "end"));
}

TEST_F(EventLogs, HoldWhatAnObserverHearsBeforeItDoes) {
  auto log = this->log();
  std::vector<std::string> seen;
  Observer observer;
  observer.on_epoch = [&](const EpochReport&) { seen = names(); };
  observer.on_divergence = [&](const Divergence&) { seen = names(); };
  const Observer both = log.watching(observer);
  both.on_epoch(epoch(1));
  EXPECT_THAT(seen, ElementsAre("epoch"));
  both.on_divergence({.step = 1, .matrix = "ctx", .kl = 0, .clustered = false});
  EXPECT_THAT(seen, ElementsAre("epoch"));
  both.on_divergence({.step = 2, .matrix = "ctx", .kl = 0, .clustered = true});
  EXPECT_THAT(seen, ElementsAre("epoch", "cluster"));
  log.watching({}).on_epoch(epoch(2));
  EXPECT_THAT(names(), ElementsAre("epoch", "cluster", "epoch"));
}

TEST_F(EventLogs, TellHowWorkWentWrong) {
  auto log = this->log();
  EXPECT_EQ(log.telling_failure([] { return 5; }), 5);
  EXPECT_EQ(error_of([&] { log.telling_failure([] { fail("no memory"); }); }), "no memory");
  EXPECT_THROW(log.telling_failure([] { throw Interrupted(); }), Interrupted);
  const auto events = read_events(path);
  ASSERT_THAT(names(), ElementsAre("failed", "interrupted"));
  EXPECT_EQ(std::get<RunFailed>(events[0].content).error, "no memory");
}

TEST_F(EventLogs, RefuseWhatIsNoEvent) {
  constexpr char kTime[] = R"({"time": "2026-01-31T23:59:59.123Z", )";
  EXPECT_THAT(error_of_line("{"), HasSubstr("events.jsonl:1: not valid JSON"));
  EXPECT_THAT(error_of_line("[1]"), HasSubstr("events.jsonl:1: JSON of the type array"));
  EXPECT_THAT(error_of_line(R"({"event": "end"})"), HasSubstr("events.jsonl:1: "));
  EXPECT_THAT(error_of_line(R"({"time": "now", "event": "end"})"), HasSubstr("time 'now'"));
  EXPECT_THAT(error_of_line(kTime + std::string(R"("event": "begun"})")),
              HasSubstr("events.jsonl:1: unknown event 'begun'"));
  EXPECT_THAT(error_of_line(kTime + std::string(R"("event": "end", "mood": "good"})")),
              HasSubstr("unknown field 'mood'"));
  EXPECT_THAT(error_of_line(kTime + std::string(R"("event": "failed"})")), HasSubstr("error"));
  EXPECT_THAT(error_of_line(kTime + std::string(R"("event": "failed", "error": 3})")),
              HasSubstr("events.jsonl:1: "));
  EXPECT_THAT(error_of_line(""), HasSubstr("events.jsonl:1: "));
}

// In a process of its own, since the limit is a process's.
TEST_F(EventLogs, OnAFullDiskAreAsTheyWereBefore) {
  log().write(RunBegun{});
  const std::string before = read_text(path);
  for (const bool begun : {true, false}) {
    if (!begun) fs::remove(path);
    const pid_t process = ::fork();
    if (process == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{before.size() / (begun ? 1 : 2), RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      try {
        log().write(RunBegun{});
      } catch (const Error& error) {
        ::_exit(std::string(error.what()).ends_with("cannot write: File too large") ? 0 : 2);
      }
      ::_exit(1);
    }
    int status = -1;
    ::waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
    if (begun) {
      EXPECT_EQ(read_text(path), before);
    } else {
      EXPECT_FALSE(fs::exists(path));
    }
  }
}

TEST_F(EventLogs, ThatCannotBeWrittenAreErrors) {
  folder.file("file", "");
  EXPECT_THAT(error_of([&] { EventLog(folder / "file/events.jsonl", EventLog::Begin::kAnew); }),
              HasSubstr("file"));
  fs::create_directories(path);
  EXPECT_THAT(error_of([&] { log(); }), HasSubstr("events.jsonl: cannot write: "));
}

}  // namespace
}  // namespace qprompt
