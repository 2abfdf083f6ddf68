#include "qprompt/run/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "qprompt/core/file.h"
#include "tests/run/killed_process.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using testing::Ending;
using testing::error_of;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

PromptFile prompt_of(float value) {
  return {.backbone = 1,
          .identity = 2,
          .method = CoOpConfig{.n_ctx = 1, .ctx_init = ""},
          .matrices = {{"ctx", Matrix::Constant(1, 4, value)}}};
}

std::string record_of(std::uint64_t seed) {
  return R"({"settings": {"seed": )" + std::to_string(seed) + R"(}, "interrupted": false})";
}

class RunFolder : public ::testing::Test {
 protected:
  void save_old() const { save_run(run, old_prompt, old_names, record_of(7)); }
  void save_new() const { save_run(run, new_prompt, new_names, record_of(8)); }
  bool holds_new() const { return read_bytes(prompt) == to_bytes(new_prompt); }

  // What lies in the folder belongs to the prompt that lies there, or is not there.
  void expect_one_state() const {
    const auto names = remembered_classes(prompt);
    if (names) {
      EXPECT_EQ(*names, holds_new() ? new_names : old_names);
    }
    try {
      EXPECT_EQ(division_seed(std::nullopt, prompt), holds_new() ? 8u : 7u);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("--seed"));
    }
  }

  // `save` upon what `old` left, killed before each of its system calls in turn, with a look after
  // every kill and when it came to its end. How many; none where no process may watch another.
  static std::size_t kills_of(const std::function<void()>& old, const std::function<void()>& save,
                              const std::function<void()>& look) {
    std::size_t kills = 0;
    for (Ending ending = Ending::kKilled; ending == Ending::kKilled; ++kills) {
      old();
      ending = testing::run_and_kill(save, kills);
      if (ending == Ending::kUntraceable) return 0;
      SCOPED_TRACE("killed before its system call " + std::to_string(kills));
      look();
    }
    return kills;
  }

  testing::TemporaryFolder folder;
  const fs::path run = folder / "run", prompt = run / kPromptName;
  const PromptFile old_prompt = prompt_of(1), new_prompt = prompt_of(2);
  const Names old_names{"cat", "dog"}, new_names{"oak", "elm", "ash"};
};

TEST_F(RunFolder, HoldsAPromptItsNamesAndItsRecord) {
  save_old();
  EXPECT_EQ(remembered_classes(prompt), old_names);
  EXPECT_EQ(division_seed(std::nullopt, prompt), 7u);
  save_new();
  EXPECT_EQ(remembered_classes(prompt), new_names);
  EXPECT_EQ(division_seed(std::nullopt, prompt), 8u);
}

TEST_F(RunFolder, KilledAtAnyMomentIsOneState) {
  const auto unfinished = [&] {
    save_old();
    folder.file("run/training_state.safetensors", "of the run that is being finished");
  };
  const std::size_t kills = kills_of(
      unfinished, [&] { save_new(); }, [&] { expect_one_state(); });
  if (kills == 0) GTEST_SKIP() << "no process may watch another here";
  EXPECT_GT(kills, 20u);
  EXPECT_TRUE(holds_new());
  EXPECT_EQ(remembered_classes(prompt), new_names);
}

TEST_F(RunFolder, APromptAnywhereKilledAtAnyMomentHasItsOwnNamesOrNone) {
  const fs::path file = folder / "my.qprompt";
  const auto look = [&] {
    const auto names = remembered_classes(file);
    if (!names) return;
    EXPECT_EQ(*names, read_bytes(file) == to_bytes(new_prompt) ? new_names : old_names);
  };
  const std::size_t kills = kills_of([&] { save_prompt(old_prompt, file, old_names); },
                                     [&] { save_prompt(new_prompt, file, new_names); }, look);
  if (kills == 0) GTEST_SKIP() << "no process may watch another here";
  EXPECT_EQ(remembered_classes(file), new_names);
}

TEST_F(RunFolder, OtherNamesOfTheSamePromptAreNeverMissing) {
  const fs::path file = folder / "my.qprompt";
  const auto save = [&](const Names& names) { save_prompt(old_prompt, file, names); };
  const std::size_t kills =
      kills_of([&] { save(old_names); }, [&] { save(new_names); },
               [&] { EXPECT_THAT(remembered_classes(file), AnyOf(old_names, new_names)); });
  if (kills == 0) GTEST_SKIP() << "no process may watch another here";
  EXPECT_EQ(remembered_classes(file), new_names);
}

TEST_F(RunFolder, AnotherPromptInItIsNotServedWithItsNames) {
  save_old();
  save_prompt_file(new_prompt, prompt);
  EXPECT_THAT(
      error_of([&] { remembered_classes(prompt); }),
      AllOf(HasSubstr("run.json: was written with another prompt"), HasSubstr("--classes")));
  EXPECT_THAT(error_of([&] { division_seed(std::nullopt, prompt); }), HasSubstr("--seed"));
  EXPECT_EQ(division_seed(5, prompt), 5u);
}

TEST_F(RunFolder, OfVersion01HasNoHashAndIsRead) {
  save_old();
  write_file(run / kReportName, record_of(7));
  EXPECT_EQ(remembered_classes(prompt), old_names);
  EXPECT_EQ(division_seed(std::nullopt, prompt), 7u);
}

TEST_F(RunFolder, ARecordThatIsNoneIsNamed) {
  save_old();
  for (const char* text : {"[1]", "3", "null", "{"}) {
    write_file(run / kReportName, text);
    EXPECT_THAT(error_of([&] { division_seed(std::nullopt, prompt); }), HasSubstr("run.json: "));
    EXPECT_THAT(error_of([&] { run_state(run); }), HasSubstr("run.json: "));
  }
  for (const char* text :
       {R"({"settings": 3})", R"({"settings": [1]})", R"({"settings": {"seed": "x"}})", "{}"}) {
    write_file(run / kReportName, text);
    EXPECT_EQ(division_seed(std::nullopt, prompt), 1u) << text;
  }
}

TEST_F(RunFolder, KnowsWhetherItsRunIsFinished) {
  EXPECT_EQ(run_state(run), RunState::kNone);
  save_old();
  EXPECT_EQ(run_state(run), RunState::kFinished);
  folder.file("run/training_state.safetensors", "");
  EXPECT_EQ(run_state(run), RunState::kUnfinished);
  fs::remove(run / kStateName);
  fs::remove(run / kReportName);
  EXPECT_EQ(run_state(run), RunState::kFinished);
}

TEST_F(RunFolder, NamesThatAFileOfOneNameALineCannotHoldAreRefused) {
  save_old();
  for (const std::string& name :
       {std::string("cat\ndog"), std::string("cat\r"), std::string(" \t"), std::string(),
        std::string("\xEF\xBB\xBF"
                    "cat"),
        std::string("a\0b", 3)}) {
    const std::string error = error_of([&] {
      save_run(run, new_prompt, {name, "dog"}, record_of(8));
    });
    EXPECT_THAT(error, HasSubstr("a list of one name a line cannot hold it"));
    EXPECT_EQ(remembered_classes(prompt), old_names);
  }
}

TEST(ClassNamesPath, IsThePromptsOwn) {
  EXPECT_EQ(class_names_path("a/my.qprompt"), "a/my.classes.txt");
  EXPECT_EQ(class_names_path("a/my.v1"), "a/my.v1.classes.txt");
  EXPECT_EQ(class_names_path("a/my.v1.qprompt"), "a/my.v1.classes.txt");
  EXPECT_EQ(class_names_path("my"), "my.classes.txt");
}

TEST_F(RunFolder, APromptWithoutNamesLeavesNoneBesideIt) {
  save_prompt(old_prompt, folder / "p.qprompt", old_names);
  save_prompt(new_prompt, folder / "p.qprompt", std::nullopt);
  EXPECT_EQ(remembered_classes(folder / "p.qprompt"), std::nullopt);
}

}  // namespace
}  // namespace qprompt
