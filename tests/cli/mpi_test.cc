// Two processes that mpirun starts: ranks of one run, and shards of a plan's. Skipped where there
// is no mpirun.

#include <algorithm>
#include <filesystem>

#include "qprompt/artifact/prompt_file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Mpi : public CliTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(QPROMPT_MPIEXEC)) GTEST_SKIP() << "no mpirun here";
  }

  // Started by mpirun, as many times as it is told.
  Outcome mpirun(const std::vector<std::string>& ranks,
                 const std::vector<std::string>& arguments) const {
    ProgramOptions options;
    options.launcher = {QPROMPT_MPIEXEC, "--oversubscribe", "--bind-to", "none"};
    options.launcher.insert(options.launcher.end(), ranks.begin(), ranks.end());
    options.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                           {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                           {"OMPI_MCA_btl", "vader,self"},
                           {"ASAN_OPTIONS", "detect_leaks=0"}};  // Open MPI's own
    return run(arguments, options);
  }

  // A rank for each of these.
  Outcome mpirun_two(std::vector<std::string> first, const std::vector<std::string>& second) const {
    first.insert(first.end(), {":", "-n", "1", QPROMPT_PROGRAM});
    first.insert(first.end(), second.begin(), second.end());
    return mpirun({"-n", "1"}, first);
  }

  std::vector<std::string> exact_training(const std::string& output,
                                          const std::vector<std::string>& method) const {
    std::vector<std::string> words =
        train(output, {"--full-precision", "--precision", "fp32", "--threads", "1", "--no-cache"});
    words.insert(words.end(), method.begin(), method.end());
    return words;
  }

  // A run that is shared by two ranks and one of a single process.
  void expect_same_run(const std::vector<std::string>& method) const {
    succeed(exact_training(path("one"), method));
    std::vector<std::string> shared = exact_training(path("two"), method);
    shared.emplace_back("--ranks");
    const Outcome outcome = mpirun({"-n", "2"}, shared);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(listing(folder / "one"), listing(folder / "two"));
    expect_same_values();
    expect_same_numbers();
  }

 private:
  // Files hold them as fp16: a float32's rounding is one bit of that at most.
  void expect_same_values() const {
    const ParameterMap one = values(load_prompt_file(folder / "one/prompt.qprompt"));
    const ParameterMap two = values(load_prompt_file(folder / "two/prompt.qprompt"));
    ASSERT_EQ(one.size(), two.size());
    for (const auto& [name, matrix] : one) {
      const auto off = (two.at(name) - matrix).array().abs();
      EXPECT_TRUE((off <= matrix.array().abs() * 0x1p-10f + 1e-5f).all()) << name;
    }
  }

  void expect_same_numbers() const {
    const auto one = json_file(folder / "one/run.json"), two = json_file(folder / "two/run.json");
    EXPECT_EQ(one.at("machine").at("ranks"), 1);
    EXPECT_EQ(two.at("machine").at("ranks"), 2);
    for (std::size_t epoch = 0; epoch < one.at("epochs").size(); ++epoch) {
      EXPECT_NEAR(one.at("epochs")[epoch].at("loss").get<double>(),
                  two.at("epochs")[epoch].at("loss").get<double>(), 1e-4);
    }
    EXPECT_EQ(one.at("zero_shot").at("accuracy"), two.at("zero_shot").at("accuracy"));
  }
};

TEST_F(Mpi, RanksShareTheTextsOfCoOp) { expect_same_run({}); }

TEST_F(Mpi, RanksShareTheTextsOfEveryImageOfCoCoOp) { expect_same_run({"--method", "cocoop"}); }

TEST_F(Mpi, RanksShareTextsAndImagesOfMaPLe) { expect_same_run({"--method", "maple"}); }

TEST_F(Mpi, SeveralProcessesWithoutRanksHearOfIt) {
  const Outcome outcome = mpirun_two(train(path("a")), train(path("b")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("notice: 2 processes were started"));
  EXPECT_EQ(listing(folder / "a"), listing(folder / "b"));
}

TEST_F(Mpi, OneRankTalks) {
  std::vector<std::string> arguments = train(path("run"));
  arguments.emplace_back("--ranks");
  const Outcome outcome = mpirun({"-n", "2"}, arguments);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("2 ranks, threads of each: "));
  EXPECT_EQ(outcome.err.find("learning coop"), outcome.err.rfind("learning coop"));
}

TEST_F(Mpi, AnErrorOfAllRanksIsOneLine) {
  const Outcome outcome = mpirun({"-n", "2"}, train(path("run"), {"--lr", "1e9", "--ranks"}));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("a smaller learning rate may help"));
  EXPECT_EQ(outcome.err.find("qprompt: "), outcome.err.rfind("qprompt: ")) << outcome.err;
}

TEST_F(Mpi, AnErrorOfOneRankEndsAll) {
  std::vector<std::string> other = train(path("run"), {"--ranks"});
  *std::ranges::find(other, data) = path("nowhere");
  const Outcome outcome = mpirun_two(train(path("run"), {"--ranks"}), other);
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("qprompt: rank 1 of 2: " + path("nowhere")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/prompt.qprompt"));
}

TEST_F(Mpi, RanksThatWereToldOtherSettingsAreAnError) {
  const Outcome outcome =
      mpirun_two(train(path("run"), {"--ranks"}), train(path("run"), {"--ranks", "--shots", "1"}));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("ranks begin from different states, images or settings"));
  EXPECT_EQ(outcome.err.find("qprompt: "), outcome.err.rfind("qprompt: ")) << outcome.err;
}

TEST_F(Mpi, WrongWordsAreToldOnce) {
  const Outcome outcome = mpirun({"-n", "2"}, train(path("run"), {"--ranks", "--epoch", "3"}));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean --epochs?"));
  EXPECT_EQ(outcome.err.find("qprompt: "), outcome.err.rfind("qprompt: ")) << outcome.err;
}

TEST_F(Mpi, RanksThatNobodyStartedAreAnError) {
  EXPECT_THAT(error_line(train(path("run"), {"--ranks"})),
              AllOf(HasSubstr("--ranks: nobody started ranks"), HasSubstr("mpirun -n 2")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST_F(Mpi, RanksOfASweepShareItsRuns) {
  const std::string plan = folder
                               .file("plan.toml", "model = \"" + model + "\"\n" + R"(
[settings]
epochs = 2
views = 2
[[experiment]]
kind = "few-shot"
methods = ["zeroshot", "coop"]
shots = [1, 2]
seeds = [1, 2]
)" + "data = \"" + data + "\"\n")
                               .string();
  succeed({"sweep", plan, "--records", path("one")});
  const Outcome outcome = mpirun({"-n", "2"}, {"sweep", plan, "--records", path("two")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("part 1/2 of the runs"), HasSubstr("part 2/2")));
  EXPECT_EQ(listing(folder / "two"), listing(folder / "one"));
  EXPECT_THAT(listing(folder / "two"), ::testing::SizeIs(::testing::Gt(4)));
  // Nothing is left to do, and nothing is done twice.
  EXPECT_THAT(succeed({"sweep", plan, "--records", path("two")}).err, HasSubstr("runs were there"));
}

// Every process would train the whole.
TEST_F(Mpi, ProcessesThatSrunStartsWithoutMpiAreAnError) {
  const ProgramOptions options{
      .environment = {{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}}};
  EXPECT_THAT(error_line(train(path("run"), {"--ranks"}), options), HasSubstr("srun --mpi=pmix"));
}

TEST_F(Mpi, RanksThatMpiDoesNotKnowAreAnError) {
  ProgramOptions options;
  options.environment = {{"PMI_RANK", "0"},
                         {"PMI_SIZE", "2"},
                         {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                         {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                         {"ASAN_OPTIONS", "detect_leaks=0"}};
  EXPECT_THAT(error_line(train(path("run"), {"--ranks"}), options),
              HasSubstr("MPI knows of 1 ranks, 2 were started"));
}

}  // namespace
}  // namespace qprompt::testing
