#include <algorithm>

#include <cmath>

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Classify : public CliTest {
 protected:
  Classify() {
    std::string names;
    for (const std::string& name : class_names) names += name + "\n";
    names_file = folder.file("names.txt", names).string();
  }

  // Zero-shot, with these flags.
  nlohmann::json report(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = classify({"--classes", names_file, "--json", "-"});
    words.insert(words.end(), flags.begin(), flags.end());
    return nlohmann::json::parse(succeed(words).out);
  }

  // Training takes a validation part of a folder that has no parts.
  void divide_plain_folder() {
    fs::rename(fs::path(data) / "train", folder / "plain");
    data = path("plain");
  }

  std::string names_file;
};

TEST_F(Classify, PrintsALineForEachImageOfAFolderInOrder) {
  const Outcome outcome = succeed(classify({"--classes", names_file, data + "/test"}));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), kClasses * kTestImages);
  EXPECT_THAT(outcome.out, StartsWith(picture().string() + ": "));
  EXPECT_EQ(outcome.err, "16 images, asked among 4 classes\n");
}

TEST_F(Classify, ShowsTheBestClassesWithProbabilitiesThatSumToOne) {
  const auto images = report({"--top", "9", picture().string()}).at("images");
  ASSERT_EQ(images.size(), 1);
  const auto& scores = images[0].at("scores");
  ASSERT_EQ(scores.size(), kClasses);
  double sum = 0, last = 1;
  for (const auto& score : scores) {
    EXPECT_LE(score.at("probability"), last);
    last = score.at("probability");
    sum += last;
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

TEST_F(Classify, ShowsCosinesAndTheMarginToTheSecond) {
  const auto image = report({"--top", "9", picture().string()}).at("images")[0];
  const auto& scores = image.at("scores");
  const double first = scores[0].at("probability"), second = scores[1].at("probability");
  EXPECT_NEAR(image.at("margin"), first - second, 1e-12);
  const double scale = std::log(first / second) / (scores[0].at("cosine").get<double>() -
                                                   scores[1].at("cosine").get<double>());
  const double third = scores[2].at("probability");
  EXPECT_NEAR(std::log(first / third) / scale,
              scores[0].at("cosine").get<double>() - scores[2].at("cosine").get<double>(), 1e-4);
  EXPECT_LE(scores[0].at("cosine"), 1);
  succeed(train(path("probe"), {"--method", "clip-adapter", "--skip-evaluation"}));
  const auto words = classify({"--prompt", path("probe"), "--json", "-", picture().string()});
  const auto probe = nlohmann::json::parse(succeed(words).out).at("images")[0];
  EXPECT_FALSE(probe.at("scores")[0].contains("cosine"));
  EXPECT_TRUE(probe.contains("margin"));
}

TEST_F(Classify, AbstainsBelowTheConfidenceAskedFor) {
  const auto sure =
      classify({"--classes", names_file, "--min-confidence", "0", picture().string()});
  const auto unsure =
      classify({"--classes", names_file, "--min-confidence", "1", picture().string()});
  EXPECT_THAT(succeed(sure).out, ::testing::Not(HasSubstr("(unsure)")));
  EXPECT_THAT(succeed(unsure).out, StartsWith(picture().string() + ": (unsure) "));
  EXPECT_THAT(succeed(unsure).out, EndsWith(" %\n"));
  EXPECT_EQ(report({"--min-confidence", "1", picture().string()}).at("images")[0].at("unsure"),
            true);
}

TEST_F(Classify, WritesTheSameAnswersAsCsv) {
  const fs::path named = folder / "a \"quoted\", name.webp";
  fs::copy_file(picture(), named);
  succeed(classify({"--classes", names_file, "--csv", path("table.csv"), named.string()}));
  const std::string best = report({named.string()}).at("images")[0].at("scores")[0].at("class");
  EXPECT_THAT(
      read_text(folder / "table.csv"),
      StartsWith("path,rank,class,probability,unsure,cosine,margin,unknown,known_score\n\"" +
                 path("a \"\"quoted\"\", name") + ".webp\",1," + best + ","));
}

TEST_F(Classify, CsvOnStdoutIsAllThereIs) {
  const Outcome outcome =
      succeed(classify({"--classes", names_file, "--csv", "-", "--top", "2", picture().string()}));
  EXPECT_THAT(outcome.out,
              StartsWith("path,rank,class,probability,unsure,cosine,margin,unknown,known_score\n"));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 3);
}

TEST_F(Classify, SaysWhatIsProbablyOfNoneOfTheClasses) {
  divide_plain_folder();
  succeed(train(path("run"), {"--skip-evaluation"}));
  const auto held_out = json_file(folder / "run/run.json").at("held_out_scores");
  const std::vector<double> scores = held_out.at("scores");
  ASSERT_FALSE(scores.empty());
  EXPECT_TRUE(std::ranges::is_sorted(scores));
  EXPECT_EQ(held_out.at("right").size(), scores.size());
  const auto asked = [&](const std::string& rule) {
    const auto words =
        classify({"--prompt", path("run"), "--unknown", rule, "--json", "-", path("data/test")});
    return nlohmann::json::parse(succeed(words).out);
  };
  const auto all = asked("coverage=1");
  EXPECT_EQ(all.at("settings").at("min_known_score"), scores.front());
  const auto few = asked("coverage=0.01");
  EXPECT_EQ(few.at("settings").at("min_known_score"), scores.back());
  int unknown = 0;
  for (const auto& image : few.at("images")) {
    EXPECT_EQ(image.at("unknown"), image.at("known_score") < scores.back());
    unknown += image.at("unknown").get<bool>();
  }
  ASSERT_GT(unknown, 0);
  const std::string text =
      succeed(classify({"--prompt", path("run"), "--unknown", "coverage=0.01", path("data/test")}))
          .out;
  int lines = 0;
  for (std::size_t at = 0; (at = text.find(": (unknown) ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, unknown);
}

TEST_F(Classify, RefusesToCallUnknownWhereNothingSaysWhatIsKnown) {
  const std::string picture = this->picture().string();
  divide_plain_folder();
  succeed(train(path("run"), {"--skip-evaluation"}));
  fs::copy_file(folder / "run/prompt.qprompt", folder / "alone.qprompt");
  fs::copy_file(folder / "run/prompt.classes.txt", folder / "alone.classes.txt");
  const auto asked = [&](const std::string& prompt, const std::string& rule) {
    return classify({"--prompt", path(prompt), "--unknown", rule, picture});
  };
  EXPECT_THAT(error_line(asked("alone.qprompt", "auto")),
              ::testing::AllOf(HasSubstr("alone.qprompt"), HasSubstr("no run.json")));
  succeed(train(path("cold"), {"--skip-evaluation", "--no-temperature"}));
  EXPECT_THAT(error_line(asked("cold", "auto")),
              ::testing::AllOf(HasSubstr("cold/run.json"), HasSubstr("no scores of held-out")));
  const Outcome wrong = run(asked("run", "most"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("'most'"));
}

TEST_F(Classify, RemembersTheClassesOfTheTrainingAndTakesOthers) {
  succeed(train(path("run"), {"--classes", "base", "--skip-evaluation"}));
  const auto with_prompt = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--prompt", path("run"), "--json", "-", picture().string()});
    return nlohmann::json::parse(succeed(classify(flags)).out);
  };
  EXPECT_EQ(with_prompt({}).at("class_names").size(), kClasses / 2);
  EXPECT_EQ(with_prompt({"--classes", names_file}).at("class_names").size(), kClasses);
}

TEST_F(Classify, AnswersAreTheSameFromTheCachesAndWithoutAny) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  const auto words = classify({"--prompt", path("run"), "--cache", path("cache"), data + "/test"});
  const std::string first = succeed(words).out;
  EXPECT_TRUE(fs::exists(folder / "user-cache/qprompt/features.lmdb"));
  EXPECT_EQ(succeed(words).out, first);
  // A cache that cannot be written is no problem.
  const auto uncached = classify({"--prompt", path("run"), data + "/test"});
  EXPECT_EQ(succeed(uncached, {.environment = {{"XDG_CACHE_HOME", "/dev/null/x"}}}).out, first);
}

TEST_F(Classify, SaysWhereItLookedForClassNames) {
  succeed(train(path("run"), {"--skip-evaluation"}));
  fs::remove(folder / "run/prompt.classes.txt");
  EXPECT_THAT(error_line(classify({"--prompt", path("run"), picture().string()})),
              ::testing::AllOf(HasSubstr(path("run/prompt.qprompt")),
                               HasSubstr("prompt.classes.txt"), HasSubstr("--classes")));
}

TEST_F(Classify, RefusesListsThatAreNoChoice) {
  const auto message = [&](const std::string& names) {
    return error_line(
        classify({"--classes", folder.file("names.txt", names).string(), picture().string()}));
  };
  EXPECT_THAT(message("cat\n"),
              EndsWith("names.txt: 1 class names, expected at least two, one a line"));
  EXPECT_THAT(message("cat\nM\xFCller\n"), HasSubstr("names.txt:2: not UTF-8"));
}

TEST_F(Classify, TellsNamesThatNoPromptTellsApart) {
  const std::string names = folder.file("names.txt", "red fox\ndog\nred_fox\n").string();
  EXPECT_THAT(succeed(classify({"--classes", names, picture().string()})).err,
              HasSubstr("'red fox' stands for 2 classes"));
}

TEST_F(Classify, NamesAFolderWithoutImages) {
  fs::create_directory(folder / "empty");
  EXPECT_THAT(error_line(classify({"--classes", names_file, path("empty")})),
              HasSubstr(path("empty") + ": no images"));
}

TEST_F(Classify, AClassBoundPromptServesItsOwnClassesOnly) {
  succeed(train(path("run"), {"--class-specific", "--skip-evaluation"}));
  succeed(classify({"--prompt", path("run"), picture().string()}));
  const std::string others = folder.file("others.txt", "cat\ndog\nbird\nfish\n").string();
  EXPECT_THAT(
      error_line(classify({"--prompt", path("run"), "--classes", others, picture().string()})),
      HasSubstr("serves no other class list"));
}

}  // namespace
}  // namespace qprompt::testing
