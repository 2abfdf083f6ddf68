// Plans, on the demo model: what a person types, and what is left of it when the program is killed.

#include <algorithm>
#include <csignal>
#include <random>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SweepCommand : public CliTest {
 protected:
  SweepCommand() { write_plan("epochs = 3\nviews = 2\nbatch-size = 4\n"); }

  void write_plan(const std::string& settings) const {
    write_file(path("plan.toml"),
               std::string_view("model = \"" + model + "\"\n[data.mine]\npath = \"" + data +
                                "\"\n[settings]\n" + settings + R"(
[[experiment]]
kind = "base-to-new"
data = "mine"
shots = 2
methods = ["zeroshot", "coop", "qcoop"]
seeds = [1, 2]
[[experiment]]
kind = "few-shot"
data = "mine"
shots = [1, 2]
methods = ["class-means"]
seeds = [1]
)"));
  }

  std::vector<std::string> sweep(const std::string& records) const {
    return {"sweep", path("plan.toml"), "--records", path(records), "--threads", "1"};
  }

  // All records of finished runs below, by their folders, without times.
  std::map<std::string, nlohmann::json> records(const std::string& folder_name) const {
    std::map<std::string, nlohmann::json> all;
    for (const std::string& file : listing(folder / folder_name)) {
      if (!file.ends_with("run.json")) continue;
      nlohmann::json record = json_file(folder / folder_name / file);
      if (record.at("interrupted") == true) continue;
      record.erase("seconds");
      all[file] = record;
    }
    return all;
  }

  // How many runs were begun and not finished.
  std::size_t unfinished(const std::string& folder_name) const {
    const std::vector<std::string> files = listing(folder / folder_name);
    const auto begun = std::ranges::count_if(
        files, [](const std::string& file) { return file.ends_with("events.jsonl"); });
    return static_cast<std::size_t>(begun) - records(folder_name).size();
  }
};

TEST_F(SweepCommand, DoesAPlanAndThenOnlyWhatIsMissing) {
  const Outcome first = succeed(sweep("records"));
  EXPECT_THAT(first.out, AllOf(HasSubstr("qcoop"), HasSubstr("class-means")));
  EXPECT_EQ(records("records").size(), 7u);
  const auto before = records("records");
  const Outcome again = succeed(sweep("records"));
  EXPECT_THAT(again.err, HasSubstr("5 runs were there"));
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(records("records"), before);
}

// SIGKILL at ten moments: some by the clock, some while a run shows that it trains. A run of that
// many epochs lasts far longer than the kill takes to arrive, however fast the machine is.
TEST_F(SweepCommand, KilledAgainAndAgainEndsAsUndisturbed) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  write_plan("epochs = 1000\nviews = 2\nbatch-size = 4\n");
  succeed(sweep("undisturbed"));
  std::mt19937 random(7);
  std::size_t most = 0, amid = 0;
  for (int kill = 0; kill < 10; ++kill) {
    ProgramOptions options;
    if (kill % 2 == 0) {
      const double seconds = 0.2 + 0.001 * static_cast<double>(random() % 800);
      options.launcher = {"timeout", "--signal=KILL", std::to_string(seconds)};
    } else {
      options.interrupt_at = "training: ";
      options.interrupt_signal = SIGKILL;
      options.terminal = true;
    }
    run(sweep("killed"), options);
    if (!fs::exists(folder / "killed")) continue;
    amid += unfinished("killed");
    const std::size_t now = records("killed").size();
    EXPECT_GE(now, most) << "a finished run was lost";
    most = now;
  }
  EXPECT_GT(amid, 0u) << "no kill came amid a run";
  succeed(sweep("killed"));
  EXPECT_EQ(records("killed"), records("undisturbed"));
}

TEST_F(SweepCommand, ATypoIsToldWithItsPlaceBeforeAnythingIsDone) {
  write_plan("epochz = 3\n");
  EXPECT_THAT(error_line(sweep("records")),
              AllOf(HasSubstr("plan.toml:5:10: setting 'epochz'"), HasSubstr("epochs")));
  EXPECT_FALSE(fs::exists(folder / "records"));
}

TEST_F(SweepCommand, DataOrMethodsThatNobodyKnowsAreNamed) {
  const std::vector<std::string> words{"base-to-new", "--model", model, "--records",
                                       path("records")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return error_line(more);
  };
  EXPECT_THAT(with({"--data", "caltec101"}), HasSubstr("Caltech101"));
  EXPECT_THAT(with({"--data", data, "--methods", "qcop"}), HasSubstr("method 'qcop'"));
  EXPECT_FALSE(fs::exists(folder / "records"));
}

TEST_F(SweepCommand, RunsAreListedReportedAndCompared) {
  succeed(sweep("records"));
  EXPECT_THAT(succeed({"runs", path("records")}).out, HasSubstr("finished"));
  EXPECT_THAT(succeed({"compare", path("records"), "--baseline", "coop"}).out, HasSubstr("qcoop"));
  succeed({"report", path("records"), "--output", path("page")});
  EXPECT_THAT(read_text(folder / "page/report.html"), HasSubstr("class-means"));
}

TEST_F(SweepCommand, AStudyIsACommand) {
  const Outcome outcome =
      succeed({"study", "noise", "--model", model, "--data", data, "--values", "0,0.1", "--shots",
               "2", "--seeds", "1", "--epochs", "2", "--views", "2", "--records", path("records")});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("noise=0"), HasSubstr("noise=0.1")));
  for (const auto& [file, record] : records("records")) {
    EXPECT_EQ(record.at("epochs").size(), 2u);
    EXPECT_TRUE(record.at("epochs")[0].at("targets").contains("new")) << file;
  }
}

}  // namespace
}  // namespace qprompt::testing
