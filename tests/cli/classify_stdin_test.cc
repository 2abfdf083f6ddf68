#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::HasSubstr;

class ClassifyStdin : public CliTest {
 protected:
  ClassifyStdin() {
    std::string names;
    for (const std::string& name : class_names) names += name + "\n";
    names_file = folder.file("names.txt", names).string();
  }

  std::vector<std::string> words(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = classify({"--classes", names_file, "--top", "3"});
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }

  // The answers to these lines.
  std::vector<nlohmann::json> answers(const std::string& lines) const {
    const std::string input = folder.file("lines.txt", lines).string();
    std::istringstream out(succeed(words({"--stdin"}), {.stdin_path = input}).out);
    std::vector<nlohmann::json> answers;
    for (std::string line; std::getline(out, line);) {
      answers.push_back(nlohmann::json::parse(line));
    }
    return answers;
  }

  nlohmann::json report_of(const std::string& image) const {
    const std::string text = succeed(words({"--json", "-", image})).out;
    return nlohmann::json::parse(text).at("images")[0];
  }

  std::string other_picture() const {
    return (class_folder("test", 1) / listing(class_folder("test", 1)).front()).string();
  }

  std::string names_file;
};

TEST_F(ClassifyStdin, AnswersEachLineAsTheReportDoes) {
  const std::vector<std::string> paths{picture().string(), other_picture(), picture().string()};
  const auto answered = answers(paths[0] + "\n" + paths[1] + "\n" + paths[2]);
  ASSERT_EQ(answered.size(), paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(answered[i], report_of(paths[i]));
}

TEST_F(ClassifyStdin, ALineThatIsNoImageHasAnErrorAndTheNextIsAnswered) {
  const std::string text = folder.file("notes.txt", "no picture").string();
  const auto answered = answers(path("missing.jpg") + "\n" + text + "\n\n" + path("") + "\n" +
                                picture().string() + "\n");
  ASSERT_EQ(answered.size(), 5);
  EXPECT_EQ(answered[0].at("path"), path("missing.jpg"));
  EXPECT_THAT(answered[0].at("error"), HasSubstr(path("missing.jpg")));
  EXPECT_THAT(answered[1].at("error"), HasSubstr(text));
  EXPECT_EQ(answered[2].at("path"), "");
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(answered[i].contains("scores")) << answered[i];
  EXPECT_EQ(answered[4], report_of(picture().string()));
}

TEST_F(ClassifyStdin, NoLinesHaveNoAnswers) { EXPECT_TRUE(answers("").empty()); }

// Who asks waits for the answer before it writes the next line.
TEST_F(ClassifyStdin, ALineIsAnsweredBeforeTheNextIsThere) {
  const std::string conversation =
      "coproc \"$@\" 2>/dev/null; "
      "for image in \"$FIRST\" \"$SECOND\"; do "
      "echo \"$image\" >&${COPROC[1]}; read -r line <&${COPROC[0]}; echo \"$line\"; done; "
      "exec {COPROC[1]}>&-; wait $COPROC_PID";
  const Outcome outcome =
      succeed(words({"--stdin"}),
              {.launcher = {"/bin/bash", "-c", conversation, "bash"},
               .environment = {{"FIRST", picture().string()}, {"SECOND", other_picture()}}});
  std::istringstream lines(outcome.out);
  for (const std::string& asked : {picture().string(), other_picture()}) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(nlohmann::json::parse(line), report_of(asked));
  }
}

TEST_F(ClassifyStdin, AnInterruptEndsTheWaitForALine) {
  const std::string silent = path("fifo");
  ASSERT_EQ(::mkfifo(silent.c_str(), 0600), 0);
  const int writer = ::open(silent.c_str(), O_RDWR);
  const Outcome outcome =
      run(words({"--stdin"}), {.interrupt_at = "images from stdin", .stdin_path = silent});
  ::close(writer);
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_EQ(outcome.out, "");
}

TEST_F(ClassifyStdin, RefusesOtherImagesAndOtherReports) {
  const auto refused = [&](const std::vector<std::string>& flags) {
    const Outcome outcome = run(words(flags));
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };
  EXPECT_THAT(refused({"--stdin", picture().string()}), HasSubstr("images excludes --stdin"));
  EXPECT_THAT(refused({"--stdin", "--json", "-"}), HasSubstr("--json excludes --stdin"));
  EXPECT_THAT(refused({"--stdin", "--csv", "-"}), HasSubstr("--csv excludes --stdin"));
  EXPECT_THAT(refused({}), HasSubstr("images are required, or --stdin"));
}

}  // namespace
}  // namespace qprompt::testing
