#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// From one prompt file, or one program, to another.
class Convert : public CliTest {
 protected:
  std::vector<std::string> convert(const std::vector<std::string>& flags) const {
    std::vector<std::string> words{"convert", path("run"), "--model",
                                   model,     "--output",  path("c.qprompt")};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
  std::vector<std::string> import(const std::string& method,
                                  const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words{
        "import",   path("values.safetensors"), "--model", model, "--method", method,
        "--output", path("i.qprompt")};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
  void export_values_of(std::vector<std::string> flags) const {
    flags.insert(flags.end(), {"--full-precision", "--skip-evaluation"});
    succeed(train(path("run"), flags));
    succeed({"export", path("run"), "--values", path("values.safetensors")});
  }
  std::string usage_error(const std::vector<std::string>& words) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    return outcome.err;
  }
};

TEST_F(Convert, AsksWhatToDo) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  EXPECT_THAT(usage_error(convert({})), AllOf(HasSubstr("--bits"), HasSubstr("--fold")));
  EXPECT_THAT(usage_error(convert({"--quantizer", "log2"})), HasSubstr("--bits"));
  EXPECT_THAT(usage_error(convert({"--bits", "2", "--quantizer", "noise"})), HasSubstr("noise"));
  EXPECT_THAT(usage_error(convert({"--bits", "2", "--classes", "new"})), HasSubstr("--data"));
}

TEST_F(Convert, KeepsTheBitsOfAFoldedPrompt) {
  succeed(train(path("run"), {"--method", "maple", "--bits", "4", "--skip-evaluation"}));
  succeed(convert({"--fold"}));
  EXPECT_THAT(succeed({"inspect", path("c.qprompt")}).out,
              AllOf(HasSubstr("4 bits a value"), Not(HasSubstr("fp16"))));
}

TEST_F(Convert, ReportsSizeAndAccuracyAsJson) {
  succeed(train(path("run"), {"--method", "maple", "--full-precision"}));
  const Outcome outcome = succeed(convert({"--fold", "--data", data, "--json", "-"}));
  const auto report = nlohmann::json::parse(outcome.out);
  const auto shown = json_file(folder / "run/run.json").at("targets").at(0).at("accuracy");
  EXPECT_EQ(report.at("accuracy").at("before"), shown);
  EXPECT_EQ(report.at("accuracy").at("after"), shown);
  EXPECT_LT(report.at("payload_bytes").at("after"), report.at("payload_bytes").at("before"));
  EXPECT_EQ(report.at("images"), kClasses * kTestImages);
}

TEST_F(Convert, WritesNothingWhereItCannotCompare) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  EXPECT_THAT(error_line(convert({"--bits", "2", "--data", path("nowhere")})),
              HasSubstr("nowhere"));
  EXPECT_FALSE(fs::exists(folder / "c.qprompt"));
}

// A plain folder is divided by a seed: another one would test on what was learned from.
TEST_F(Convert, AndEvaluateTestOnTheImagesThatTheRunLeftOut) {
  const std::string plain = data + "/train";
  const std::vector<std::string> flags{"--model", model, "--data",   plain, "--views", "2",
                                       "--shots", "2",   "--epochs", "2",   "--seed",  "2"};
  std::vector<std::string> words{"train", "--output", path("run")};
  words.insert(words.end(), flags.begin(), flags.end());
  succeed(words);
  succeed({"evaluate", "--model", model, "--data", plain, "--prompt", path("run"), "--json",
           path("e.json")});
  EXPECT_EQ(json_file(folder / "e.json").at("settings").at("seed"), 2);
  succeed({"evaluate", "--model", model, "--data", plain, "--prompt", path("run"), "--seed", "3",
           "--json", path("f.json")});
  EXPECT_EQ(json_file(folder / "f.json").at("settings").at("seed"), 3);
}

TEST_F(Convert, ImportLeavesNoNamesOfAnotherPrompt) {
  export_values_of({});
  succeed(import("coop", {"--classes", path("run/prompt.classes.txt")}));
  ASSERT_TRUE(fs::exists(folder / "i.classes.txt"));
  succeed(import("coop", {"--force"}));
  EXPECT_FALSE(fs::exists(folder / "i.classes.txt"));
}

TEST_F(Convert, ImportTakesWhatTheFileDoesNotSay) {
  export_values_of({"--class-token-position", "middle", "--n-ctx", "4"});
  succeed(import("coop", {"--class-token-position", "middle"}));
  const auto imported =
      nlohmann::json::parse(succeed({"inspect", path("i.qprompt"), "--json", "-"}).out);
  EXPECT_EQ(imported.at("settings").at("class_token_position"), "middle");
  EXPECT_THAT(usage_error(import("coop", {"--text-template", "a {}", "--force"})),
              HasSubstr("--text-template"));
}

TEST_F(Convert, ImportRefusesWordsThatDoNotFitTheTokens) {
  export_values_of({"--n-ctx", "3"});
  EXPECT_THAT(error_line(import("coop", {"--ctx-init", "a photo of a"})),
              AllOf(HasSubstr("4 words"), HasSubstr("3 tokens")));
}

TEST_F(Convert, ImportCountsTheClassesOfClassSpecificContexts) {
  export_values_of({"--class-specific", "--n-ctx", "2"});
  EXPECT_THAT(
      error_line(import("coop", {"--classes", folder.file("two.txt", "cat\ndog\n").string()})),
      AllOf(HasSubstr("2 class names"), HasSubstr("4 classes")));
}

TEST_F(Convert, ImportAsksForTheMethodThatFits) {
  export_values_of({});
  EXPECT_THAT(error_line(import("vpt")), AllOf(HasSubstr("values.safetensors"), HasSubstr("vpt?")));
}

}  // namespace
}  // namespace qprompt::testing
