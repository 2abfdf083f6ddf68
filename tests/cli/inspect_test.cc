#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;

class Inspect : public CliTest {
 protected:
  nlohmann::json trained(const std::vector<std::string>& flags,
                         const std::vector<std::string>& inspect_flags = {}) const {
    std::vector<std::string> words = flags;
    words.push_back("--skip-evaluation");
    succeed(train(path("run"), words));
    words = {"inspect", path("run"), "--json", "-"};
    words.insert(words.end(), inspect_flags.begin(), inspect_flags.end());
    return nlohmann::json::parse(succeed(words).out);
  }

  int text_width() const {
    return json_file(fs::path(model) / "config.json").at("text_config").at("hidden_size");
  }
};

TEST_F(Inspect, AOneBitPromptIsOneBitAValueAndAFewDozenBytes) {
  const auto report = trained({"--n-ctx", "4", "--bits", "1"});
  // One bit a value and a codebook of two fp16 values.
  const std::size_t payload = (4 * text_width() + 7) / 8 + 2 * 2;
  EXPECT_EQ(report.at("payload_bytes"), payload);
  EXPECT_EQ(report.at("file_bytes"), fs::file_size(folder / "run/prompt.qprompt"));
  // 512 wide, the payload is 260 bytes and the file at most 320.
  EXPECT_LE(report.at("file_bytes"), payload + 60);
  EXPECT_EQ(report.at("class_names").size(), kClasses);
  EXPECT_EQ(report.at("class_bound"), false);
  const auto& matrix = report.at("matrices").at(0);
  EXPECT_EQ(matrix.at("rows"), 4);
  EXPECT_EQ(matrix.at("cols"), text_width());
  EXPECT_EQ(matrix.at("codebook").size(), 2);
}

TEST_F(Inspect, PlainValuesHaveNoCodebook) {
  const auto report = trained({"--full-precision"});
  const auto& matrix = report.at("matrices").at(0);
  EXPECT_FALSE(matrix.contains("codebook"));
  EXPECT_EQ(matrix.at("payload_bytes"), 4 * text_width() * matrix.at("bits").get<int>() / 8);
}

TEST_F(Inspect, SettingsAreThoseOfTheTraining) {
  const auto report = trained({"--n-ctx", "3", "--class-specific"});
  EXPECT_EQ(report.at("method"), "coop");
  EXPECT_EQ(report.at("settings").at("n_ctx"), 3);
  EXPECT_EQ(report.at("settings").at("ctx_init"), "");
  EXPECT_EQ(report.at("class_bound"), true);
}

// A method whose context starts from "a photo" and hardly moves.
struct Untrained {
  std::vector<std::string> flags;
  std::size_t contexts = 1;
  bool quantized = false;

  friend void PrintTo(const Untrained& untrained, std::ostream* out) {
    *out << ::testing::PrintToString(untrained.flags);
  }
};

class InspectWords : public Inspect, public ::testing::WithParamInterface<Untrained> {};

TEST_P(InspectWords, OfHardlyTrainedContextsAreThoseTheyStartFrom) {
  std::vector<std::string> flags{"--ctx-init", "a photo", "--lr", "1e-30", "--warmup-lr", "1e-30"};
  flags.insert(flags.end(), GetParam().flags.begin(), GetParam().flags.end());
  const auto report = trained(flags, {"--model", model, "--words", "2"});
  EXPECT_EQ(report.at("nearest_tokens").size(), 1);
  const auto& vectors = report.at("nearest_tokens").at("ctx");
  ASSERT_EQ(vectors.size(), 2 * GetParam().contexts);
  for (std::size_t v = 0; v < vectors.size(); ++v) {
    ASSERT_EQ(vectors[v].size(), 2);
    EXPECT_EQ(vectors[v][0].at("token"), v % 2 == 0 ? "a " : "photo ");
    const double nearest = vectors[v][0].at("distance");
    EXPECT_LT(nearest, vectors[v][1].at("distance").get<double>());
    EXPECT_EQ(nearest < 1e-5, !GetParam().quantized) << nearest;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Methods, InspectWords,
    ::testing::Values(Untrained{{"--full-precision"}}, Untrained{{"--bits", "4"}, 1, true},
                      Untrained{{"--full-precision", "--class-specific"}, 4},
                      Untrained{{"--method", "cocoop", "--full-precision"}},
                      Untrained{{"--method", "ivlp", "--full-precision"}},
                      Untrained{{"--method", "ivlp", "--bits", "4"}, 1, true},
                      Untrained{{"--method", "maple", "--full-precision"}},
                      Untrained{{"--method", "maple", "--bits", "4"}, 1, true}));

TEST_F(Inspect, PromptsThatStandForNoTokensHaveNoWords) {
  succeed(train(path("deep"), {"--method", "ivlp", "--epochs", "1", "--skip-evaluation"}));
  const auto report = nlohmann::json::parse(
      succeed({"inspect", path("deep"), "--model", model, "--json", "-"}).out);
  std::vector<std::string> names;
  for (const auto& [name, note] : report.at("words_notes").items()) {
    EXPECT_THAT(note.get<std::string>(), ::testing::HasSubstr("no words"));
    names.push_back(name);
  }
  EXPECT_THAT(names, ::testing::Contains("vision"));
  EXPECT_THAT(names, ::testing::Contains("deep_text.0"));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("ctx")));
  EXPECT_THAT(succeed({"inspect", path("deep"), "--model", model}).out,
              ::testing::HasSubstr("deep_text.0: no words"));
}

TEST_F(Inspect, ContextsThatImagesMoveAreToldAsThat) {
  const auto report = trained({"--method", "cocoop"}, {"--model", model});
  EXPECT_THAT(report.at("words_notes").at("ctx").get<std::string>(),
              ::testing::HasSubstr("every image moves"));
}

TEST_F(Inspect, ContextsOfClassesAreNamedAfterThem) {
  trained({"--class-specific"});
  const std::string text = succeed({"inspect", path("run"), "--model", model, "--words", "1"}).out;
  EXPECT_THAT(text, ::testing::HasSubstr("ctx[blue checkered square, 0]:  "));
}

TEST_F(Inspect, WordsNeedAModel) {
  const Outcome outcome = run({"inspect", path("run"), "--words", "2"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, ::testing::HasSubstr("--words requires --model"));
}

TEST_F(Inspect, TheTextSaysTheSame) {
  trained({"--bits", "1"});
  const std::string text = succeed({"inspect", path("run"), "--model", model}).out;
  for (const char* part : {"coop", "n_ctx = 4", "ctx: 4 x ", "quantized", "codebook", "payload",
                           "4 remembered", "any", "ctx[3]:"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(part));
  }
}

TEST_F(Inspect, ShowsWhetherPicturesAreTurnedWhereAPersonSaidIt) {
  const auto exif = [&](const std::string& run, const std::vector<std::string>& flags) {
    succeed(train(path(run), flags));
    const auto prompt = nlohmann::json::parse(succeed({"inspect", path(run), "--json", "-"}).out);
    const auto report =
        nlohmann::json::parse(succeed(evaluate({"--prompt", path(run), "--json", "-"})).out);
    return std::pair(prompt.at("exif"), report.at("data").at("exif"));
  };
  EXPECT_EQ(exif("off", {"--exif", "off"}),
            std::pair(nlohmann::json(false), nlohmann::json(false)));
  EXPECT_EQ(exif("on", {"--exif", "on"}), std::pair(nlohmann::json(true), nlohmann::json(true)));
  EXPECT_EQ(exif("own", {}), std::pair(nlohmann::json(), nlohmann::json(true)));
}

}  // namespace
}  // namespace qprompt::testing
