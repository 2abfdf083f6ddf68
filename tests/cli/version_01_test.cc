// Runs that version 0.1 wrote (tests/cli/version_0.1).

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "tests/cli/cli_test.h"
#include "tests/support/test_models.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct OldRun {
  const char* name;
  int correct;  // of 250, by version 0.1 in fp32
};
void PrintTo(const OldRun& run, std::ostream* out) { *out << run.name; }

class Version01 : public CliTest, public ::testing::WithParamInterface<OldRun> {
 protected:
  const fs::path runs = fs::path(QPROMPT_SOURCE_DIR) / "tests/cli/version_0.1";
  const fs::path run_folder = runs / GetParam().name;
};

TEST_P(Version01, ItsPromptsClassifyAsTheyDid) {
  const Outcome outcome =
      succeed({"evaluate", "--model", (runs / "model").string(), "--data",
               (demo_folder() / "pictures").string(), "--prompt", run_folder.string(), "--classes",
               "base", "--precision", "fp32", "--json", "-"});
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("images"), 250);
  // Another machine rounds otherwise: an image between two classes may fall to either side.
  EXPECT_NEAR(report.at("correct").get<int>(), GetParam().correct, 1);
}

TEST_P(Version01, ItsPromptsKeepTheirBytesWhenTheyAreSavedAgain) {
  const fs::path file = run_folder / "prompt.qprompt";
  save_prompt_file(load_prompt_file(file), folder / "again.qprompt");
  EXPECT_EQ(read_text(folder / "again.qprompt"), read_text(file));
}

TEST_P(Version01, ItsPromptsAreRefusedByAnotherModelWithBothFingerprints) {
  write_random_model(folder / "other", small_clip_shape());
  const std::string error = error_line({"inspect", run_folder.string(), "--model", path("other")});
  EXPECT_THAT(error, AllOf(HasSubstr("a88d20479280c083"),
                           HasSubstr(hex64(Model::load(path("other")).fingerprint()))));
}

INSTANTIATE_TEST_SUITE_P(Runs, Version01,
                         ::testing::Values(OldRun{"coop", 105}, OldRun{"cocoop", 105},
                                           OldRun{"maple", 110}),
                         [](const auto& run) { return std::string(run.param.name); });

}  // namespace
}  // namespace qprompt::testing
