// Prompt files that are damaged, too new, or another model's.

#include <algorithm>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"
#include "tests/cli/demo_weights.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PromptFiles : public CliTest {
 protected:
  PromptFiles() : file(folder / "run/prompt.qprompt") {
    succeed(train(path("run"), {"--skip-evaluation"}));
    bytes = read_text(file);
  }

  // What every command that reads a prompt says about this content.
  std::string error_for(const std::string& content) const {
    write_file(file, content);
    const std::string message = error_line({"inspect", path("run")});
    EXPECT_EQ(error_line(evaluate({"--prompt", path("run")})), message);
    EXPECT_EQ(error_line(classify({"--prompt", path("run"), picture().string()})), message);
    return message;
  }

  fs::path file;
  std::string bytes;
};

TEST_F(PromptFiles, ADamagedOneIsNamed) {
  std::string damaged = bytes;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  EXPECT_THAT(error_for(damaged), AllOf(HasSubstr(file.string()), HasSubstr("damaged")));
}

TEST_F(PromptFiles, ATruncatedOneIsNamed) {
  EXPECT_THAT(error_for(bytes.substr(0, bytes.size() - 1)), HasSubstr(file.string()));
  EXPECT_THAT(error_for(bytes.substr(0, 20)), HasSubstr(file.string()));
  EXPECT_THAT(error_for(""), HasSubstr(file.string()));
}

TEST_F(PromptFiles, AnotherFileIsNoPrompt) {
  EXPECT_THAT(error_for("a photo of a cat"),
              AllOf(HasSubstr(file.string()), HasSubstr("not a prompt file")));
}

TEST_F(PromptFiles, ANewerVersionAsksForANewerProgram) {
  std::string newer = bytes;
  newer[4] = 9;  // the version follows the four letters
  EXPECT_THAT(error_for(newer),
              AllOf(HasSubstr(file.string()), HasSubstr("version 9"), HasSubstr("update")));
}

TEST_F(PromptFiles, AMissingOneIsNamed) {
  fs::remove(file);
  EXPECT_THAT(error_line({"inspect", path("run")}), HasSubstr(file.string()));
  EXPECT_THAT(error_line(evaluate({"--prompt", path("nowhere")})), HasSubstr(path("nowhere")));
}

TEST_F(PromptFiles, AnotherBackbonesPromptIsRefusedWithBothIdentities) {
  const auto identity = [&](const std::string& of_model) {
    model = of_model;
    const Outcome outcome = succeed(evaluate({"--json", "-"}));
    return nlohmann::json::parse(outcome.out).at("model").at("identity").get<std::string>();
  };
  succeed(classify({"--prompt", path("run"), picture().string()}));  // fills the user's cache
  const std::string learned_on = identity(model);
  copy_model(model, folder / "other", [](Weights& weights) {
    for (auto& [name, tensor] : weights) {
      if (name == "logit_scale") continue;
      const std::size_t size = element_size(tensor.type);
      tensor = with_bytes(tensor, [size](std::byte byte, std::size_t position) {
        return position % size == size - 1 ? byte ^ std::byte{0x80} : byte;  // the sign
      });
    }
  });
  const std::string other = identity(path("other"));
  const auto names_both = AllOf(HasSubstr(learned_on), HasSubstr(other));
  EXPECT_NE(other, learned_on);
  EXPECT_THAT(error_line(evaluate({"--prompt", path("run")})), names_both);
  EXPECT_THAT(error_line(classify({"--prompt", path("run"), picture().string()})), names_both);
  EXPECT_THAT(error_line({"inspect", path("run"), "--model", model}), names_both);
}

}  // namespace
}  // namespace qprompt::testing
