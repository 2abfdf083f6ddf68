// A prompt file with a partner and a temperature, through every command that reads one.

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MeanOfPrompts : public CliTest {
 protected:
  MeanOfPrompts() {
    succeed(train(path("one"), {"--skip-evaluation", "--bits", "4"}));
    succeed(train(path("two"), {"--skip-evaluation", "--bits", "2", "--seed", "2"}));
    PromptFile file = first_part(load_prompt_file(folder / "one/prompt.qprompt"));
    file.partners = {first_part(load_prompt_file(folder / "two/prompt.qprompt"))};
    file.temperature = 2;
    save_prompt_file(file, folder / "mean.qprompt");
    file.partners.clear();
    save_prompt_file(file, folder / "hot.qprompt");
    for (const std::string name : {"mean", "hot"}) {
      write_file(folder / (name + ".classes.txt"), read_text(folder / "one/prompt.classes.txt"));
    }
  }

  nlohmann::json best(const std::string& prompt) const {
    const auto words = classify({"--prompt", path(prompt), "--json", "-", picture().string()});
    return nlohmann::json::parse(succeed(words).out).at("images").at(0).at("scores").at(0);
  }
};

TEST_F(MeanOfPrompts, ClassifiesWithTheMeanAndTheTemperature) {
  const double one = best("one").at("probability"), hot = best("hot.qprompt").at("probability");
  EXPECT_EQ(best("hot.qprompt").at("class"), best("one").at("class"));
  EXPECT_LT(hot, one);
  EXPECT_NE(best("mean.qprompt").at("probability"), best("hot.qprompt").at("probability"));
  EXPECT_THAT(succeed(evaluate({"--prompt", path("mean.qprompt")})).out, HasSubstr("accuracy"));
}

TEST_F(MeanOfPrompts, IsInspectedAsAWhole) {
  const auto report =
      nlohmann::json::parse(succeed({"inspect", path("mean.qprompt"), "--json", "-"}).out);
  EXPECT_EQ(report.at("temperature"), 2);
  ASSERT_EQ(report.at("partners").size(), 1u);
  EXPECT_EQ(report.at("partners")[0].at("temperature"), 1);
  EXPECT_EQ(report.at("partners")[0].at("matrices")[0].at("bits"), 2);
  EXPECT_EQ(report.at("matrices")[0].at("bits"), 4);
  EXPECT_THAT(succeed({"inspect", path("mean.qprompt")}).out,
              AllOf(HasSubstr("temperature  2\n"), HasSubstr("averaged with\nmethod       coop")));
  EXPECT_THAT(succeed({"inspect", path("one")}).out,
              AllOf(Not(HasSubstr("temperature")), Not(HasSubstr("averaged"))));
}

TEST_F(MeanOfPrompts, IsConvertedAsAWhole) {
  succeed({"convert", path("mean.qprompt"), "--model", model, "--bits", "1", "--output",
           path("small.qprompt")});
  const PromptFile small = load_prompt_file(folder / "small.qprompt");
  EXPECT_EQ(small.temperature, 2);
  ASSERT_EQ(small.partners.size(), 1u);
  EXPECT_EQ(bits_per_value(small.matrices[0]), 1);
  EXPECT_EQ(bits_per_value(small.partners[0].matrices[0]), 1);
  EXPECT_NE(values(small), values(small.partners[0]));
}

TEST_F(MeanOfPrompts, IsNotExportedAsIfItWereOne) {
  EXPECT_THAT(error_line({"export", path("mean.qprompt"), "--values", path("v.safetensors")}),
              AllOf(HasSubstr("mean.qprompt"), HasSubstr("the mean of 2 models'")));
  EXPECT_THAT(error_line({"export", path("mean.qprompt"), "--model", model, "--class-matrix",
                          path("m.npy")}),
              AllOf(HasSubstr("mean.qprompt"), HasSubstr("the mean of 2 models'")));
  EXPECT_FALSE(std::filesystem::exists(folder / "v.safetensors"));
}

TEST_F(MeanOfPrompts, ATemperatureThatAnExportLacksIsTold) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--values", path("v.safetensors")},
        {"--model", model, "--class-matrix", path("m.npy")}}) {
    std::vector<std::string> words{"export", path("hot.qprompt")};
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_THAT(succeed(words).err, HasSubstr("temperature 2, by which logits are divided"));
    words[1] = path("one");
    words.push_back("--force");
    EXPECT_THAT(succeed(words).err, Not(HasSubstr("temperature")));
  }
}

}  // namespace
}  // namespace qprompt::testing
