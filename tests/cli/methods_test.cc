#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Methods : public CliTest {
 protected:
  // The training images once more, as validation images.
  void add_validation_images() const {
    std::filesystem::copy(folder / "data/train", folder / "data/val",
                          std::filesystem::copy_options::recursive);
  }
  std::string prompt_bytes(const std::string& run) const {
    return read_text(folder / run / "prompt.qprompt");
  }
  nlohmann::json run_report(const std::string& run) const {
    return json_file(folder / run / "run.json");
  }
  std::string shown_accuracy(const std::string& prompt) const {
    const std::string shown = succeed(evaluate({"--prompt", path(prompt)})).out;
    return shown.substr(0, shown.find('\n'));  // rounding is seen in the likelihood
  }
};

TEST_F(Methods, EveryOneTrainsEvaluatesClassifiesAndInspects) {
  for (const std::string method : {"coop", "cocoop", "vpt", "ivlp", "maple"}) {
    succeed(train(path(method), {"--method", method}));
    EXPECT_EQ(run_report(method).at("settings").at("method"), method);
    const auto shown = run_report(method).at("targets").at(0).at("accuracy");
    succeed(evaluate({"--prompt", path(method), "--json", path(method + ".json")}));
    EXPECT_EQ(json_file(folder / (method + ".json")).at("accuracy"), shown) << method;
    EXPECT_THAT(succeed(classify({"--prompt", path(method), picture().string()})).out,
                ::testing::StartsWith(picture().string() + ": "));
    EXPECT_THAT(succeed({"inspect", path(method)}).out, HasSubstr(method));
  }
}

TEST_F(Methods, TheTableTakesMethodsRegularizersAndQuantizersTogether) {
  const Outcome table =
      succeed({"base-to-new", "--records", path("records"), "--model", model, "--data", data,
               "--shots", "2", "--views", "1", "--epochs", "1", "--seeds", "1", "--methods",
               "zeroshot,qcoop+kgcoop,qmaple,promptsrc,prograd,language,"
               "qtip-adapter,clap,clip-adapter+prograd"});
  for (const char* name : {"qcoop+kgcoop", "qmaple", "promptsrc", "prograd", "language",
                           "qtip-adapter", "clap", "clip-adapter+prograd"}) {
    EXPECT_THAT(table.out, HasSubstr(name));
  }
}

TEST_F(Methods, AFlagOfAnotherMethodIsNamed) {
  const Outcome outcome = run(train(path("run"), {"--method", "vpt", "--n-ctx", "4"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--n-ctx"), HasSubstr("vpt")));
}

TEST_F(Methods, APresetSaysWhereItsNumbersComeFromAndWhatWasChanged) {
  const Outcome outcome =
      succeed(train(path("run"), {"--preset", "maple-base2new", "--lr", "0.01"}));
  EXPECT_THAT(outcome.err, HasSubstr("vit_b16_c2_ep5_batch4_2ctx.yaml"));
  const auto report = run_report("run");
  EXPECT_EQ(report.at("preset").at("name"), "maple-base2new");
  EXPECT_EQ(report.at("preset").at("differences").at("lr"), "0.01");
  EXPECT_EQ(report.at("settings").at("batch_size"), 4);
  EXPECT_EQ(report.at("settings").at("quantizer"), "none");
}

TEST_F(Methods, AQuantizedPresetQuantizes) {
  succeed(train(path("run"), {"--preset", "qmaple-base2new"}));
  EXPECT_THAT(succeed({"inspect", path("run")}).out,
              AllOf(HasSubstr("quantized (4 bits a value)"), HasSubstr("proj.bias")));
}

TEST_F(Methods, BitsOverAPresetInFullPrecisionQuantize) {
  succeed(train(path("run"), {"--preset", "maple-base2new", "--bits", "2"}));
  EXPECT_THAT(succeed({"inspect", path("run")}).out, HasSubstr("quantized (2 bits a value)"));
}

TEST_F(Methods, BitsWithoutQuantizationAreRefused) {
  const Outcome outcome = run(train(path("run"), {"--full-precision", "--bits", "2"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--bits"), HasSubstr("none")));
}

TEST_F(Methods, ARegularizerOfTextsNeedsLearnedTexts) {
  EXPECT_THAT(error_line(train(path("run"), {"--method", "vpt", "--regularizer", "kgcoop"})),
              HasSubstr("texts"));
}

TEST_F(Methods, OnlyPromptsHaveNearestTokens) {
  succeed(train(path("run"), {"--method", "maple", "--skip-evaluation"}));
  const auto report =
      nlohmann::json::parse(succeed({"inspect", path("run"), "--model", model, "--json", "-"}).out);
  for (const auto& [name, vectors] : report.at("nearest_tokens").items()) {
    EXPECT_THAT(name, Not(HasSubstr("proj")));
  }
  EXPECT_TRUE(report.at("nearest_tokens").contains("ctx"));
}

TEST_F(Methods, AnUnknownPresetComesWithThoseThereAre) {
  const Outcome outcome = run(train(path("run"), {"--preset", "maple"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("maple-base2new"));
}

TEST_F(Methods, AnInterruptedRunIsResumedToTheSameBytes) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  const std::vector<std::string> flags{"--epochs", "2000", "--skip-evaluation", "--lr", "0.01"};
  succeed(train(path("whole"), flags));
  const Outcome stopped =
      run(train(path("run"), flags), {.interrupt_at = "training: ", .terminal = true});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.err;
  ASSERT_NE(prompt_bytes("run"), prompt_bytes("whole"));
  std::vector<std::string> resumed = flags;
  resumed.push_back("--resume");
  succeed(train(path("run"), resumed));
  EXPECT_EQ(prompt_bytes("run"), prompt_bytes("whole"));
  EXPECT_EQ(run_report("run").at("epochs"), run_report("whole").at("epochs"));
  EXPECT_THAT(listing(folder / "run"), Not(::testing::Contains("training_state.safetensors")));
}

TEST_F(Methods, ARunIsNotResumedWithOtherSettings) {
  if (!terminals_exist()) GTEST_SKIP() << "no pseudo-terminal can be made here";
  const std::vector<std::string> flags{"--epochs", "100000", "--skip-evaluation"};
  run(train(path("run"), flags), {.interrupt_at = "training: ", .terminal = true});
  EXPECT_THAT(error_line(train(path("run"), {"--epochs", "7", "--skip-evaluation", "--resume"})),
              HasSubstr("other settings (epochs 100000, now 7)"));
}

// The first epoch is a warm-up at a rate of its own, so it ends well.
TEST_F(Methods, ARunThatDivergesKeepsItsLastGoodEpoch) {
  const std::vector<std::string> wild{"--epochs", "4", "--skip-evaluation", "--lr", "1e38"};
  EXPECT_THAT(error_line(train(path("run"), wild)),
              AllOf(HasSubstr("step"), HasSubstr("'ctx'"),
                    HasSubstr(path("run/training_state.safetensors"))));
  EXPECT_EQ(listing(folder / "run"),
            (std::vector<std::string>{"events.jsonl", "training_state.safetensors"}));
  succeed(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--lr", "0.01", "--resume"}));
  EXPECT_EQ(run_report("run").at("epochs").size(), 4);
}

TEST_F(Methods, AnotherRunThatFailsEarlyLeavesTheStateOfOneThatDiverged) {
  run(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--lr", "1e38"}));
  const std::string state = read_text(folder / "run/training_state.safetensors");
  EXPECT_THAT(error_line(train(path("run"), {"--model-choice", "best_val", "--force"})),
              HasSubstr("no validation images"));
  EXPECT_TRUE(read_text(folder / "run/training_state.safetensors") == state);
}

TEST_F(Methods, AnErrorOfResumingDoesNotAdviseToResume) {
  run(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--lr", "1e38"}));
  for (const std::string& name : listing(class_folder("train", 0))) {
    folder.file(class_folder("train", 0) / name, "no picture");
  }
  EXPECT_THAT(
      error_line(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--resume"})),
      AllOf(HasSubstr(class_folder("train", 0).string()), Not(HasSubstr("--resume goes on"))));
}

TEST_F(Methods, ARunIsNotResumedWithOtherImages) {
  run(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--lr", "1e38"}));
  std::filesystem::copy_file(picture(), class_folder("train", 0) / "another.webp");
  EXPECT_THAT(error_line(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--resume"})),
              AllOf(HasSubstr("other settings"), HasSubstr("images")));
}

TEST_F(Methods, ARunIsNotResumedWithPicturesTurnedOtherwise) {
  const std::vector<std::string> wild{"--epochs", "4", "--skip-evaluation", "--lr", "1e38"};
  run(train(path("run"), wild));
  EXPECT_THAT(error_line(train(path("run"), {"--epochs", "4", "--skip-evaluation", "--resume",
                                             "--exif", "off"})),
              AllOf(HasSubstr("other settings"), HasSubstr("exif")));
}

TEST_F(Methods, AFinishedRunIsNotResumed) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  const std::string before = prompt_bytes("run");
  EXPECT_THAT(succeed(train(path("run"), {"--method", "vpt", "--resume"})).out,
              HasSubstr("finished"));
  EXPECT_TRUE(prompt_bytes("run") == before);
}

TEST_F(Methods, TheTableKeepsWhatWasFinishedWhenALaterRunDiverges) {
  const Outcome outcome =
      run({"base-to-new", "--records", path("records"), "--model", model, "--data", data, "--shots",
           "2", "--views", "1", "--epochs", "3", "--lr", "1e38", "--json", path("table.json")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("coop-2shots-seed1"), HasSubstr("step"),
                                 HasSubstr("6 runs failed, the first")));
  EXPECT_THAT(outcome.out, HasSubstr("zeroshot"));
  EXPECT_EQ(json_file(folder / "table.json").at("records").size(), 1);
}

TEST_F(Methods, TheTableTakesQuantizationFromItsNames) {
  const Outcome outcome = run({"base-to-new", "--records", path("records"), "--model", model,
                               "--data", data, "--quantizer", "none"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("qcoop"));
}

TEST_F(Methods, BitsThatAreNoNumberAreNamedBeforeAnyWork) {
  EXPECT_THAT(error_line(train(path("run"), {"--bits", "ctx=9"})), HasSubstr("9"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST_F(Methods, BitsAreChosenOnValidationImagesWithAReason) {
  add_validation_images();
  const Outcome outcome =
      succeed(train(path("run"), {"--method", "maple", "--bits", "ctx=1,projection=auto"}));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("bits of projection: "), HasSubstr("validation")));
}

TEST_F(Methods, TheBestEpochOnValidationImagesIsKept) {
  add_validation_images();
  const Outcome outcome =
      succeed(train(path("run"), {"--model-choice", "best_val", "--epochs", "3"}));
  EXPECT_THAT(outcome.out, HasSubstr("best on the validation images"));
  EXPECT_TRUE(run_report("run").at("epochs").at(0).contains("validation"));
}

TEST_F(Methods, FoldedMaPLeNeedsNoProjections) {
  succeed(train(path("run"), {"--method", "maple", "--full-precision"}));
  succeed({"convert", path("run"), "--model", model, "--fold", "--output", path("f.qprompt")});
  EXPECT_THAT(succeed({"inspect", path("f.qprompt")}).out,
              AllOf(HasSubstr("ivlp"), HasSubstr("deep_vision.0"), Not(HasSubstr("proj"))));
  EXPECT_EQ(shown_accuracy("f.qprompt"), shown_accuracy("run"));
}

TEST_F(Methods, OnlyMaPLeFolds) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  EXPECT_THAT(error_line({"convert", path("run"), "--model", model, "--fold", "--output",
                          path("f.qprompt")}),
              AllOf(HasSubstr("maple"), HasSubstr("coop")));
}

TEST_F(Methods, WhatWasExportedIsImportedAgain) {
  succeed(train(path("run"), {"--method", "maple", "--full-precision", "--skip-evaluation"}));
  succeed({"export", path("run"), "--values", path("values.safetensors")});
  succeed({"import", path("values.safetensors"), "--model", model, "--method", "maple", "--classes",
           path("run/prompt.classes.txt"), "--output", path("again.qprompt")});
  succeed({"export", path("again.qprompt"), "--values", path("again.safetensors")});
  EXPECT_TRUE(read_text(folder / "again.safetensors") == read_text(folder / "values.safetensors"));
}

TEST_F(Methods, WithoutValidationImagesNothingIsChosen) {
  EXPECT_THAT(error_line(train(path("run"), {"--model-choice", "best_val"})),
              HasSubstr("no validation images"));
}

TEST_F(Methods, ImportedValuesAreQuantizedOnRequest) {
  succeed(train(path("run"), {"--full-precision", "--skip-evaluation"}));
  succeed({"export", path("run"), "--values", path("values.safetensors")});
  succeed({"import", path("values.safetensors"), "--model", model, "--method", "coop", "--bits",
           "1", "--output", path("small.qprompt")});
  EXPECT_THAT(succeed({"inspect", path("small.qprompt")}).out, HasSubstr("1 bits a value"));
}

TEST_F(Methods, ImportSaysWhatIsMissing) {
  succeed(train(path("run"), {"--full-precision", "--skip-evaluation"}));
  succeed({"export", path("run"), "--values", path("values.safetensors")});
  EXPECT_THAT(error_line({"import", path("values.safetensors"), "--model", model, "--method",
                          "cocoop", "--output", path("p.qprompt")}),
              HasSubstr("meta_net"));
}

TEST_F(Methods, TheClassMatrixIsExportedForNumPy) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  succeed({"export", path("run"), "--model", model, "--class-matrix", path("classes.npy")});
  EXPECT_EQ(read_text(folder / "classes.npy").substr(1, 5), "NUMPY");
}

TEST_F(Methods, TextsThatDependOnTheImageHaveNoClassMatrix) {
  succeed(train(path("run"), {"--method", "cocoop", "--skip-evaluation"}));
  EXPECT_THAT(
      error_line({"export", path("run"), "--model", model, "--class-matrix", path("classes.npy")}),
      HasSubstr("depend on the image"));
}

}  // namespace
}  // namespace qprompt::testing
