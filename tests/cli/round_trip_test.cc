#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::HasSubstr;

class RoundTrip : public CliTest {
 protected:
  std::string prompt_bytes(const std::string& run) const {
    return read_text(folder / run / "prompt.qprompt");
  }
};

TEST_F(RoundTrip, TrainsEvaluatesClassifiesAndInspects) {
  const Outcome trained = succeed(train(path("run")));
  EXPECT_THAT(trained.out, HasSubstr("zero-shot "));
  EXPECT_THAT(trained.out, HasSubstr(path("run/prompt.qprompt")));
  EXPECT_EQ(listing(folder / "run"), (std::vector<std::string>{"events.jsonl", "prompt.classes.txt",
                                                               "prompt.qprompt", "run.json"}));

  EXPECT_THAT(succeed(evaluate({"--prompt", path("run")})).out,
              HasSubstr("on 16 of 36 images, among 4 classes of the prompt"));
  EXPECT_THAT(succeed(classify({"--prompt", path("run"), picture().string()})).out,
              ::testing::StartsWith(picture().string() + ": "));
  EXPECT_THAT(succeed({"inspect", path("run")}).out, HasSubstr("coop"));
}

TEST_F(RoundTrip, EvaluateFindsTheAccuracyThatTrainShowed) {
  succeed(train(path("run"), {"--lr", "0.1"}));
  const auto shown = json_file(folder / "run/run.json");
  succeed(evaluate({"--prompt", path("run"), "--json", path("adapted.json")}));
  succeed(evaluate({"--json", path("zero_shot.json")}));
  EXPECT_EQ(json_file(folder / "adapted.json").at("accuracy"),
            shown.at("targets").at(0).at("accuracy"));
  EXPECT_EQ(json_file(folder / "zero_shot.json").at("accuracy"),
            shown.at("zero_shot").at("accuracy"));
}

TEST_F(RoundTrip, TheBaseClassesAreTheFirstHalf) {
  succeed(train(path("run"), {"--classes", "base"}));
  succeed(evaluate({"--prompt", path("run"), "--classes", "new", "--json", path("new.json")}));
  EXPECT_EQ(json_file(folder / "run/run.json").at("class_names").size(), kClasses / 2);
  EXPECT_EQ(json_file(folder / "new.json").at("per_class").size(), kClasses / 2);
}

TEST_F(RoundTrip, OneSeedGivesTheSameBytesWithACacheAndWithout) {
  succeed(train(path("first"), {"--skip-evaluation"}));
  succeed(train(path("second"), {"--skip-evaluation"}));
  succeed(train(path("fills_cache"), {"--skip-evaluation", "--cache", path("cache")}));
  succeed(train(path("reads_cache"), {"--skip-evaluation", "--cache", path("cache")}));
  EXPECT_FALSE(listing(folder / "cache").empty());
  for (const char* run : {"second", "fills_cache", "reads_cache"}) {
    EXPECT_EQ(prompt_bytes(run), prompt_bytes("first")) << run;
  }
}

TEST_F(RoundTrip, OtherSeedsGiveOtherPrompts) {
  succeed(train(path("first"), {"--full-precision", "--skip-evaluation"}));
  succeed(train(path("shots"), {"--full-precision", "--skip-evaluation", "--seed", "2"}));
  succeed(train(path("order"), {"--full-precision", "--skip-evaluation", "--train-seed", "2"}));
  EXPECT_NE(prompt_bytes("shots"), prompt_bytes("first"));
  EXPECT_NE(prompt_bytes("order"), prompt_bytes("first"));
  EXPECT_NE(prompt_bytes("order"), prompt_bytes("shots"));
}

TEST_F(RoundTrip, TheReportRepeatsTheRun) {
  succeed(train(path("run"), {"--skip-evaluation", "--lr", "0.1", "--n-ctx", "2", "--bits", "2"}));
  const auto settings = json_file(folder / "run/run.json").at("settings");
  std::vector<std::string> flags{"--skip-evaluation"};
  for (const char* name : {"lr", "n_ctx", "ctx_init", "bits", "seed", "train_seed"}) {
    std::string flag = std::string("--") + name;
    std::ranges::replace(flag, '_', '-');
    const auto& value = settings.at(name);
    flags.push_back(flag + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  succeed(train(path("again"), flags));
  EXPECT_EQ(prompt_bytes("again"), prompt_bytes("run"));
}

TEST_F(RoundTrip, JsonOnStdoutIsAllThereIs) {
  const auto report = nlohmann::json::parse(succeed(evaluate({"--json", "-"})).out);
  EXPECT_EQ(report.at("images"), kClasses * kTestImages);
}

TEST_F(RoundTrip, BaseToNewShowsATableAndWritesEveryRun) {
  const std::vector<std::string> words{
      "base-to-new", "--records", path("records"),   "--model", model,     "--data", data,
      "--seeds",     "1,2",       "--shots",         "2",       "--views", "1",      "--epochs",
      "1",           "--json",    path("table.json")};
  const Outcome outcome = succeed(words);
  for (const char* method : {"zeroshot", "coop", "qcoop"}) {
    EXPECT_THAT(outcome.out, HasSubstr(method));
  }
  const auto records = json_file(folder / "table.json").at("records");
  ASSERT_EQ(records.size(), 1 + 2 * 2);
  EXPECT_EQ(records[1].at("targets")[0].at("class_names").size(), kClasses / 2);
}

TEST_F(RoundTrip, BaseToNewWritesItsTableToStdoutAsJson) {
  const Outcome outcome = succeed({"base-to-new", "--records", path("records"), "--model", model,
                                   "--data", data, "--methods", "zeroshot", "--json", "-"});
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("records").size(), 1);
}

}  // namespace
}  // namespace qprompt::testing
