#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/checkpoint_tokenizer.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

// The 256 byte symbols twice, these merges and two specials: the tiny CLIP's 520 tokens.
constexpr const char* kSixMerges = "#version: 0.2\na b\nc d\ne f\ng h\ni j\nk l\n";
constexpr const char* kOneMerge = "#version: 0.2\na b\n";

class CheckpointTokenizer : public ::testing::Test {
 protected:
  CheckpointTokenizer() {
    testing::write_state_dict(folder_ / "models/clip.pt", testing::tiny_clip());
  }

  Tokenizer load(const std::optional<std::filesystem::path>& chosen = std::nullopt) {
    return load_tokenizer_for(Checkpoint::open(folder_ / "models/clip.pt"), chosen);
  }

  TemporaryFolder folder_;
};

TEST_F(CheckpointTokenizer, LiesBesideTheFile) {
  folder_.file("models/bpe_simple_vocab_16e6.txt.gz", kSixMerges);
  EXPECT_EQ(load().vocabulary_size(), 520);
}

TEST_F(CheckpointTokenizer, IsTheChosenOne) {
  folder_.file("models/bpe_simple_vocab_16e6.txt.gz", kOneMerge);
  EXPECT_EQ(load(folder_.file("other/merges.txt", kSixMerges)).vocabulary_size(), 520);
}

TEST_F(CheckpointTokenizer, SaysWhatItLookedForAndHowToNameOne) {
  EXPECT_THAT(error_of([&] { load(); }),
              AllOf(HasSubstr((folder_ / "models").string()), HasSubstr("vocab.json"),
                    HasSubstr("bpe_simple_vocab_16e6.txt.gz"), HasSubstr("--tokenizer")));
}

TEST_F(CheckpointTokenizer, MustFitTheVocabulary) {
  const auto path = folder_.file("other/merges.txt", kOneMerge);
  EXPECT_THAT(
      error_of([&] { load(path); }),
      AllOf(HasSubstr("merges.txt: a tokenizer of 515 tokens"), HasSubstr("clip.pt has 520")));
}

}  // namespace
}  // namespace qprompt
