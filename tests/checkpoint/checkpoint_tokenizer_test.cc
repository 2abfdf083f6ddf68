#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/checkpoint_tokenizer.h"
#include "qprompt/tokenizer/vocabulary.h"
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

// A Hugging Face model of 520 + `rows` embeddings, whose tokenizer has the 520 and one added.
class GrownVocabulary : public ::testing::Test {
 protected:
  Tokenizer load(int rows, std::optional<int> end_of_text) {
    testing::Tensors tensors = testing::tiny_clip();
    testing::OwnedTensor& embedding = tensors.at("token_embedding.weight");
    embedding.shape[0] += rows;
    embedding.values.resize(embedding.shape[0] * embedding.shape[1], 1);
    testing::write_hugging_face(folder_ / "hf", tensors);
    nlohmann::json config = testing::hugging_face_config();
    config["text_config"]["vocab_size"] = 520 + rows;
    if (end_of_text) config["text_config"]["eos_token_id"] = *end_of_text;
    folder_.file("hf/config.json", config.dump());
    folder_.file("hf/merges.txt", kSixMerges);
    const Vocabulary plain = load_vocabulary(folder_ / "hf/merges.txt");
    folder_.file("hf/vocab.json", nlohmann::json(plain.ids).dump());
    return load_tokenizer_for(Checkpoint::open(folder_ / "hf"));
  }
  void add_a_token() { folder_.file("hf/added_tokens.json", R"({"<cat>": 520})"); }

  TemporaryFolder folder_;
};

TEST_F(GrownVocabulary, MayBePaddedWhereTheConfigurationNamesTheEndOfText) {
  EXPECT_EQ(load(56, 519).vocabulary_size(), 520);
  EXPECT_THAT(error_of([&] { load(56, std::nullopt); }), HasSubstr("a tokenizer of 520 tokens"));
}

TEST_F(GrownVocabulary, ReadsTextsAtTheEndOfTextNotAtALaterToken) {
  add_a_token();
  EXPECT_EQ(load(56, 519).encode("<cat>"), std::vector<int>{520});
  EXPECT_EQ(load(1, 519).end_token(), 519);
  // transformers reads the largest token's place where eos_token_id is 2: the added one's.
  EXPECT_THAT(error_of([&] { load(1, 2); }),
              AllOf(HasSubstr("has tokens up to 520"), HasSubstr("at their largest token")));
}

TEST_F(GrownVocabulary, MustHoldEveryToken) {
  add_a_token();
  EXPECT_THAT(error_of([&] { load(0, 519); }), HasSubstr("a tokenizer of 521 tokens"));
}

TEST_F(GrownVocabulary, MustEndTextsAsTheConfigurationDoes) {
  EXPECT_THAT(error_of([&] { load(0, 518); }), HasSubstr("ends texts with token 518"));
}

}  // namespace
}  // namespace qprompt
