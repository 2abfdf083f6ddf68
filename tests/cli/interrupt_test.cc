#include <csignal>

#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kInterrupted = 130;

using Interrupt = CliTest;

TEST_F(Interrupt, TrainingKeepsThePromptOfItsLastStep) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  const Outcome outcome = run(train(path("run"), {"--epochs", "1000000"}),
                              {.interrupt_at = "training: ", .terminal = true});
  EXPECT_EQ(outcome.exit_code, kInterrupted) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("interrupted after "));
  EXPECT_EQ(json_file(folder / "run/run.json").at("interrupted"), true);
  succeed(evaluate({"--prompt", path("run")}));
}

TEST_F(Interrupt, BaseToNewShowsTheRunsThatAreFinished) {
  const Outcome outcome =
      run({"base-to-new", "--model", model, "--data", data, "--shots", "2", "--views", "1",
           "--epochs", "1000000", "--json", path("table.json"), "--records", path("records")},
          {.interrupt_at = "zeroshot-"});
  EXPECT_EQ(outcome.exit_code, kInterrupted) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("zeroshot"));
  EXPECT_THAT(outcome.err, HasSubstr("qprompt: interrupted"));
  EXPECT_EQ(json_file(folder / "table.json").at("records").size(), 1);
}

TEST_F(Interrupt, AnExperimentOfWhichNothingIsFinishedIsInterruptedToo) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  const Outcome outcome = run(
      {"base-to-new", "--model", model, "--data", data, "--shots", "2", "--views", "1", "--epochs",
       "1000000", "--methods", "coop", "--json", path("table.json"), "--records", path("records")},
      {.interrupt_at = "training: ", .terminal = true});
  EXPECT_EQ(outcome.exit_code, kInterrupted) << outcome.err;
  EXPECT_TRUE(json_file(folder / "table.json").at("records").empty());
}

// `timeout` signals a program and then its whole group.
TEST_F(Interrupt, TwoSignalsAtOnceAreOne) {
  const Outcome outcome =
      run({"base-to-new", "--model", model, "--data", data, "--shots", "2", "--views", "1",
           "--epochs", "1000000", "--json", path("table.json"), "--records", path("records")},
          {.interrupt_at = "zeroshot-", .interrupts = 2});
  EXPECT_EQ(outcome.exit_code, kInterrupted) << outcome.err;
  EXPECT_EQ(json_file(folder / "table.json").at("records").size(), 1);
}

TEST_F(Interrupt, TerminationIsAnInterruptToo) {
  const Outcome outcome =
      run({"base-to-new", "--model", model, "--data", data, "--shots", "2", "--views", "1",
           "--epochs", "1000000", "--json", path("table.json"), "--records", path("records")},
          {.interrupt_at = "zeroshot-", .interrupt_signal = SIGTERM});
  EXPECT_EQ(outcome.exit_code, kInterrupted) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("stopping, what is finished is kept"));
  EXPECT_EQ(json_file(folder / "table.json").at("records").size(), 1);
}

}  // namespace
}  // namespace qprompt::testing
