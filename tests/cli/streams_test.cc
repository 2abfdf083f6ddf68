// What becomes of the program where its streams cannot be written, and of what they show.

#include <sys/stat.h>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Streams = CliTest;

TEST_F(Streams, StderrThatCannotBeWrittenEndsNoRun) {
  const ProgramOptions full{.stderr_path = "/dev/full"};
  succeed(train(path("run"), {"--skip-evaluation", "--shots", "100"}), full);
  EXPECT_TRUE(fs::exists(folder / "run/run.json"));
  EXPECT_EQ(run(evaluate({"--prompt", path("nowhere")}), full).exit_code, 1);
  EXPECT_EQ(run({"nonsense"}, full).exit_code, 2);
}

TEST_F(Streams, StreamsThatAreClosedAreNotTakenForOtherFiles) {
  const std::string report = path("report.json");
  EXPECT_EQ(run(evaluate({"--json", report}), {.closed = {2}}).exit_code, 0);
  EXPECT_EQ(json_file(report).at("command"), "evaluate");
  EXPECT_EQ(run(evaluate({"--prompt", path("nowhere")}), {.closed = {2}}).exit_code, 1);
  EXPECT_THAT(error_line(evaluate({}), {.closed = {1}}), HasSubstr("stdout: cannot be written"));
  EXPECT_EQ(run({"nonsense"}, {.closed = {0, 1, 2}}).exit_code, 2);
}

TEST_F(Streams, HelpOnAFullDiskIsAnError) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"}, {"train", "--help"}, {"--version"}}) {
    EXPECT_THAT(error_line(words, {.stdout_path = "/dev/full"}),
                HasSubstr("stdout: cannot be written: No space left on device"));
  }
}

TEST_F(Streams, NamesReachTheTerminalWithoutTheirControlBytes) {
  const std::string name = "a\x1b[31m\nb.webp";
  fs::copy_file(picture(), folder / name);
  const std::string names = folder.file("names.txt", "cat \x1b]0;x\x07\ndog\n").string();
  const Outcome outcome =
      succeed(classify({"--classes", names, "--top", "2", path(name), picture().string()}));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("a\\x1b[31m\\x0ab.webp: "), HasSubstr("cat ]0;x "),
                                 Not(HasSubstr("\x1b"))));
  EXPECT_THAT(error_line(classify({"--classes", names, path("no\x1b[2J")})),
              AllOf(HasSubstr("no\\x1b[2J: cannot open"), Not(HasSubstr("\x1b"))));
}

TEST_F(Streams, AnEndlessNameMakesNoEndlessLine) {
  const std::string names =
      folder.file("names.txt", "cat\n" + std::string(5'000'000, '&') + "\n").string();
  const std::string line = error_line(classify({"--classes", names, picture().string()}));
  EXPECT_THAT(line, HasSubstr("of 5000000 bytes, expected at most 1000"));
  EXPECT_LT(line.size(), 1200u);
}

TEST_F(Streams, FilesBeyondTheLimitAreAnErrorAndLeaveNothing) {
  EXPECT_THAT(error_line(train(path("run"), {"--skip-evaluation"}),
                         {.largest_file = 50, .file_limit_signals = true}),
              HasSubstr("File too large"));
  EXPECT_EQ(listing(folder / "run"), std::vector<std::string>());
}

TEST_F(Streams, PipesAreRefusedWhereverFilesAreRead) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string image = picture().string();
  const std::string names = folder.file("names.txt", "cat\ndog\n").string();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           classify({"--classes", names, pipe}),
           classify({"--classes", pipe, image}),
           classify({"--classes", names, "--prompt", pipe, image}),
           {"classify", "--model", pipe, "--classes", names, image},
           evaluate({"--split", pipe}),
           {"import", pipe, "--model", model, "--method", "coop", "--output", path("p.qprompt")},
           {"inspect", pipe}}) {
    EXPECT_THAT(error_line(words), HasSubstr(pipe + ": not a regular file")) << words[0];
  }
  EXPECT_THAT(error_line(classify({"--classes", path("data"), image})),
              HasSubstr("not a regular file"));
}

TEST_F(Streams, ThreadCountsHaveARange) {
  const Outcome outcome = run(evaluate({"--threads", "100000"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("100000 not in range 0 to 1024"));
  EXPECT_LT(run(evaluate({"--threads", "-1"})).err.size(), 200u);
}

TEST_F(Streams, NumbersBeyondReasonAreRefusedWithTheirRange) {
  EXPECT_THAT(error_line(train(path("run"), {"--views", "1000000000"})),
              HasSubstr("0 (fresh ones) .. 10000"));
  EXPECT_THAT(error_line(train(path("run"), {"--method", "ivlp", "--n-ctx-vision", "1000000"})),
              HasSubstr("n_ctx_vision 1000000, expected 0..1000"));
  for (const char* deviation : {"-1", "inf", "nan"}) {
    EXPECT_THAT(error_line(train(path("run"), {"--average-deviation", deviation})),
                HasSubstr("average_deviation"));
  }
}

TEST_F(Streams, ACacheThatCannotBeWrittenEndsNothing) {
  const Outcome outcome = run(train(path("run"), {"--skip-evaluation", "--cache", path("cache")}),
                              {.largest_file = 60000});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("going on without the feature cache: " + path("cache")));
}

}  // namespace
}  // namespace qprompt::testing
