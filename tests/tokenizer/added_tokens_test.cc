// Tokens that were added to a vocabulary: split off before the BPE, as transformers does.

#include "qprompt/tokenizer/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "qprompt/tokenizer/tokenizer.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using Ids = std::vector<int>;

constexpr const char* kMerges = "#version: 0.2\na b\nc d\ne f\ng h\ni j\nk l\n";  // 520 tokens

class AddedTokens : public ::testing::Test {
 protected:
  // vocab.json and merges.txt, and tokenizer.json's kind of the same.
  AddedTokens() {
    const Vocabulary plain = load_vocabulary(folder_.file("plain/merges.txt", kMerges));
    folder_.file("slow/merges.txt", kMerges);
    folder_.file("slow/vocab.json", Json(plain.ids).dump());
    Json merges = Json::array();
    for (const auto& [first, second] : plain.merges) merges.push_back({first, second});
    json_ = {{"added_tokens", Json::array()},
             {"model",
              {{"type", "BPE"},
               {"end_of_word_suffix", "</w>"},
               {"vocab", plain.ids},
               {"merges", merges}}}};
  }

  void add(const char* content, int id, bool normalized) {
    json_["added_tokens"].push_back(
        {{"content", content}, {"id", id}, {"normalized", normalized}, {"single_word", false}});
  }
  Tokenizer fast() { return Tokenizer::load(folder_.file("tokenizer.json", json_.dump())); }

  testing::TemporaryFolder folder_;
  Json json_;
};

// Ids by transformers 5.24: CLIPTokenizer of this vocabulary; add_tokens(["<cat>", "Red Fox"]),
// add_tokens([AddedToken("<Raw>", normalized=False)]), add_tokens(["<cat>s"]).
TEST_F(AddedTokens, GiveTheIdsOfTransformers) {
  add("<cat>", 520, true);
  add("Red Fox", 521, true);
  add("<Raw>", 522, false);
  add("<cat>s", 523, true);
  const Tokenizer tokenizer = fast();
  EXPECT_EQ(tokenizer.vocabulary_size(), 524);
  EXPECT_EQ(tokenizer.encode("ab <cat> ab"), (Ids{64, 321, 520, 64, 321}));
  EXPECT_EQ(tokenizer.encode("ab<cat>ab"), (Ids{64, 321, 520, 64, 321}));
  EXPECT_EQ(tokenizer.encode("a <CAT> b"), (Ids{320, 520, 321}));
  EXPECT_EQ(tokenizer.encode("a red fox b"), (Ids{320, 521, 321}));
  EXPECT_EQ(tokenizer.encode("the Red   Fox"), (Ids{83, 71, 324, 521}));
  EXPECT_EQ(tokenizer.encode("<Raw>x <raw>"), (Ids{522, 343, 283, 81, 64, 342, 285}));
  EXPECT_EQ(tokenizer.encode("<cat>s"), (Ids{523}));
}

TEST_F(AddedTokens, AreReadBesideTheVocabulary) {
  EXPECT_EQ(Tokenizer::load(folder_ / "slow").vocabulary_size(), 520);
  folder_.file("slow/added_tokens.json", R"({"<cat>": 520, "<|endoftext|>": 519})");
  const Tokenizer tokenizer = Tokenizer::load(folder_ / "slow");
  EXPECT_EQ(tokenizer.encode("ab<cat>ab"), (Ids{64, 321, 520, 64, 321}));
  EXPECT_EQ(tokenizer.end_token(), 519);
  EXPECT_EQ(tokenizer.largest_token(), 520);
}

TEST_F(AddedTokens, AreRefusedWhereTheyAreNotUnderstood) {
  add("<|endoftext|>", 77, false);
  EXPECT_THAT(error_of([&] { fast(); }), HasSubstr("'<|endoftext|>' is 77, in the vocabulary 519"));
  json_["added_tokens"] = {{{"content", "<cat>"}, {"id", 520}, {"single_word", true}}};
  EXPECT_THAT(error_of([&] { fast(); }), HasSubstr("'<cat>' has single_word"));
  json_["added_tokens"] = {{{"content", ""}, {"id", 520}}};
  EXPECT_THAT(error_of([&] { fast(); }), HasSubstr("an added token without text"));
  json_["added_tokens"] = {{{"content", " \t"}, {"id", 520}}};
  EXPECT_THAT(error_of([&] { fast(); }), HasSubstr("520 is white space alone"));
  folder_.file("slow/added_tokens.json", R"({"<cat>": -1})");
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_ / "slow"); }),
              HasSubstr("added_tokens.json: id of token '<cat>' is -1"));
}

TEST(SplitAt, TakesTheLeftmostThenTheLongest) {
  const std::vector<AddedToken> tokens{{"ab", 1}, {"abc", 2}, {"bcd", 3}};
  std::vector<std::pair<std::string, int>> parts;
  for (const TextPart& part : split_at("xabcdbcdab", tokens))
    parts.emplace_back(part.text, part.id);
  EXPECT_THAT(parts, ElementsAre(std::pair{"x", -1}, std::pair{"abc", 2}, std::pair{"d", -1},
                                 std::pair{"bcd", 3}, std::pair{"ab", 1}));
  EXPECT_TRUE(split_at("", tokens).empty());
}

}  // namespace
}  // namespace qprompt
