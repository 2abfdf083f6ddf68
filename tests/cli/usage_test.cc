#include <algorithm>
#include <sstream>

#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Usage : public CliTest {
 protected:
  // The line on stderr; a failure unless it is one, and the program exits 2.
  std::string usage_line(const std::vector<std::string>& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    return outcome.err;
  }
};

TEST_F(Usage, AWrongFlagComesWithTheNearestOne) {
  EXPECT_THAT(usage_line(train(path("run"), {"--shot", "2"})),
              AllOf(HasSubstr("--shot"), HasSubstr("did you mean --shots?")));
  EXPECT_THAT(usage_line(evaluate({"--promt=run"})), HasSubstr("did you mean --prompt?"));
  EXPECT_THAT(usage_line({"inspect", "run", "--jsn", "-"}), HasSubstr("did you mean --json?"));
  EXPECT_THAT(usage_line({"classify", "--modell", "M", "--prompt", "P", "a.png"}),
              HasSubstr("did you mean --model?"));
}

TEST_F(Usage, AWrongCommandComesWithTheNearestOne) {
  EXPECT_THAT(usage_line({"evalute", "--model", model}), HasSubstr("did you mean evaluate?"));
}

TEST_F(Usage, MissingFlagsAreNamed) {
  EXPECT_THAT(usage_line({}), HasSubstr("--help"));
  EXPECT_THAT(usage_line({"train", "--data", data, "--output", "run"}), HasSubstr("--model"));
  EXPECT_THAT(usage_line({"evaluate", "--model", model}), HasSubstr("--data"));
  EXPECT_THAT(usage_line({"classify", "--model", model, "a.png"}), HasSubstr("--prompt"));
  EXPECT_THAT(usage_line({"inspect"}), HasSubstr("prompt"));
}

TEST_F(Usage, WrongValuesAreNamed) {
  EXPECT_THAT(usage_line(train(path("run"), {"--epochs", "many"})), HasSubstr("--epochs"));
  EXPECT_THAT(usage_line(train(path("run"), {"--classes", "old"})),
              AllOf(HasSubstr("--classes"), HasSubstr("all, base, new")));
  EXPECT_THAT(usage_line(classify({"--prompt", "P", "--top", "0", "a.png"})), HasSubstr("--top"));
  EXPECT_THAT(usage_line(classify({"--prompt", "P", "--min-confidence", "2", "a.png"})),
              HasSubstr("--min-confidence"));
}

TEST_F(Usage, FlagsThatExcludeEachOtherAreNamed) {
  EXPECT_THAT(usage_line(evaluate({"--prompt", "P", "--template", "{}"})),
              AllOf(HasSubstr("--prompt"), HasSubstr("--template")));
  EXPECT_THAT(usage_line(classify({"--prompt", "P", "--json", "-", "--csv", "-", "a.png"})),
              AllOf(HasSubstr("--json"), HasSubstr("--csv")));
}

TEST_F(Usage, AnUnknownMethodOfTheTableComesWithThoseThereAre) {
  EXPECT_THAT(error_line({"base-to-new", "--records", path("records"), "--model", model, "--data",
                          data, "--methods", "mapel"}),
              AllOf(HasSubstr("'mapel'"), HasSubstr("zeroshot, coop, cocoop")));
}

TEST_F(Usage, EveryCommandShowsExamples) {
  for (const std::string command : {"train", "evaluate", "classify", "inspect", "base-to-new"}) {
    const Outcome outcome = succeed({command, "--help"});
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Examples:"), HasSubstr("qprompt " + command + " ")));
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(Usage, HelpNamesTheCommands) {
  const std::string help = succeed({"--help"}).out;
  for (const char* command : {"train", "evaluate", "classify", "inspect", "base-to-new"}) {
    EXPECT_THAT(help, HasSubstr(command));
  }
}

TEST_F(Usage, VersionSaysWhatThisMachineOffers) {
  EXPECT_THAT(succeed({"--version"}).out, AllOf(HasSubstr("qprompt "), HasSubstr("oneDNN"),
                                                HasSubstr("threads"), HasSubstr("number format")));
}

TEST_F(Usage, AWordThatIsNoCommandComesWithThoseThereAre) {
  EXPECT_THAT(usage_line({"predict"}), AllOf(HasSubstr("unknown command 'predict'"),
                                             HasSubstr("train, tune, evaluate, classify")));
}

TEST_F(Usage, HelpOfACommandMayBeAskedForEitherWay) {
  EXPECT_EQ(succeed({"help", "train"}).out, succeed({"train", "--help"}).out);
  EXPECT_EQ(succeed({"help"}).out, succeed({"--help"}).out);
  EXPECT_EQ(succeed({"--quiet", "help", "train"}).out, succeed({"train", "--help"}).out);
  EXPECT_THAT(usage_line({"help", "nonsense"}), HasSubstr("unknown command 'nonsense'"));
  EXPECT_EQ(succeed({"-V"}).out, succeed({"--version"}).out);
}

TEST_F(Usage, HelpShowsTheFlagsThatMatterAndAllOnRequest) {
  const std::string help = succeed({"train", "--help"}).out;
  const std::string all = succeed({"train", "--help-all"}).out;
  EXPECT_THAT(help, AllOf(HasSubstr("--shots"), HasSubstr("--help-all shows "),
                          ::testing::Not(HasSubstr("--momentum"))));
  EXPECT_THAT(all, AllOf(HasSubstr("--shots"), HasSubstr("--momentum"), HasSubstr("Data:"),
                         HasSubstr("Training:"), HasSubstr("Model and machine:")));
  EXPECT_EQ(std::ranges::count(help.substr(0, help.find("Examples:")), '\n') < 35, true) << help;
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100) << line;
}

TEST_F(Usage, AProbabilityInPercentIsToldAsThat) {
  EXPECT_THAT(usage_line(classify({"--prompt", "P", "--min-confidence", "60", "a.png"})),
              HasSubstr("expected 0 to 1 (0.6 for 60 %)"));
}

}  // namespace
}  // namespace qprompt::testing
