// Learners on features, from the command line.

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class FeatureMethods : public CliTest {};

TEST_F(FeatureMethods, TrainEvaluateClassifyInspectAndConvert) {
  for (const std::string method : {"clip-adapter", "tip-adapter", "tip-adapter-f", "linear-probe",
                                   "clap", "gaussian", "class-means"}) {
    SCOPED_TRACE(method);
    succeed({"train", "--model", model, "--data", data, "--shots", "3", "--views", "2", "--output",
             path(method), "--method", method, "--bits", "4"});
    const auto report = json_file(folder / method / "run.json");
    EXPECT_EQ(report.at("settings").at("method"), method);
    succeed(evaluate({"--prompt", path(method), "--json", path(method + ".json")}));
    EXPECT_EQ(json_file(folder / (method + ".json")).at("accuracy"),
              report.at("targets").at(0).at("accuracy"));
    succeed(evaluate({"--prompt", path(method), "--per-image", path(method + ".csv")}));
    const std::string answer =
        succeed(classify({"--prompt", path(method), "--csv", "-", picture().string()})).out;
    const std::string name = answer.substr(answer.find(",1,") + 3);
    EXPECT_THAT(read_text(folder / (method + ".csv")),
                HasSubstr("," + name.substr(0, name.find(',')) + ","));
    EXPECT_THAT(succeed({"inspect", path(method)}).out,
                AllOf(HasSubstr(method), HasSubstr("quantized (4 bits a value)")));
    succeed({"convert", path(method), "--model", model, "--bits", "2", "--output",
             path(method + ".qprompt")});
    EXPECT_THAT(succeed(evaluate({"--prompt", path(method + ".qprompt")})).out,
                HasSubstr("accuracy"));
  }
}

TEST_F(FeatureMethods, AnswerForNewClassesWhereTheyReadTexts) {
  const auto learn = [&](const std::string& method) {
    succeed({"train", "--model", model, "--data", data, "--shots", "2", "--output", path(method),
             "--method", method});
  };
  learn("tip-adapter");
  learn("class-means");
  const std::string names = folder.file("names.txt", class_names[1] + "\nzebra\n").string();
  const std::string seen =
      folder.file("seen.txt", class_names[1] + "\n" + class_names[0] + "\n").string();
  const auto asked = [&](const std::string& method, const std::string& list) {
    return classify({"--prompt", path(method), "--classes", list, picture().string()});
  };
  succeed(asked("tip-adapter", names));
  EXPECT_THAT(succeed(asked("class-means", seen)).out,
              ::testing::StartsWith(picture().string() + ": "));
  EXPECT_THAT(error_line(asked("class-means", names)),
              AllOf(HasSubstr("'zebra'"), HasSubstr("class-means/prompt.qprompt")));
  EXPECT_THAT(error_line({"base-to-new", "--records", path("records"), "--model", model, "--data",
                          data, "--methods", "zeroshot,class-means"}),
              AllOf(HasSubstr("'class-means'"), HasSubstr("no answer for those of 'new'")));
}

TEST_F(FeatureMethods, ExportAClassMatrixOrSayWhyNot) {
  for (const std::string method : {"class-means", "gaussian"}) {
    succeed({"train", "--model", model, "--data", data, "--shots", "2", "--output", path(method),
             "--method", method});
  }
  const auto exported = [&](const std::string& method) {
    return std::vector<std::string>{"export", path(method),     "--model",
                                    model,    "--class-matrix", path("matrix.npy")};
  };
  EXPECT_THAT(error_line(exported("gaussian")), HasSubstr("more than cosines"));
  succeed(exported("class-means"));
}

TEST_F(FeatureMethods, AreNotImported) {
  const std::string file = folder.file("model.pth.tar-50", "").string();
  EXPECT_THAT(error_line({"import", file, "--model", model, "--method", "clip-adapter", "--output",
                          path("p.qprompt")}),
              HasSubstr("clip-adapter learns on features"));
}

TEST_F(FeatureMethods, WithoutStepsHaveNoFlagsOfSteps) {
  const Outcome outcome = run(train(path("run"), {"--method", "class-means", "--lr", "0.1"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("--epochs"), HasSubstr("--lr"), HasSubstr("class-means")));
}

}  // namespace
}  // namespace qprompt::testing
