#include "qprompt/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "qprompt/core/json.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/tokenizer/vocabulary.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;
using Json = nlohmann::json;

constexpr const char* kMerges =
    "#version: 0.2\n"
    "c a\n"
    "ca t</w>\n"
    "d o\n"
    "a a\n"
    "' s</w>\n"
    "aa a</w>\n";

// The ids that CLIP's order gives to the merges above.
constexpr int kCa = 512, kCat = 513, kDo = 514, kAa = 515, kS = 516, kAaa = 517, kStart = 518,
              kEnd = 519;

// In CLIP's order "!" is 0, so a byte between 33 and 126 has id byte - 33.
constexpr int symbol(char c) { return c - 33; }
constexpr int last(char c) { return 256 + c - 33; }

class TinyTokenizer : public ::testing::Test {
 protected:
  TinyTokenizer() : tokenizer_(Tokenizer::load(folder_.file("merges.txt", kMerges))) {}

  std::vector<int> encode(std::string_view text) { return tokenizer_.encode(text); }

  TemporaryFolder folder_;
  Tokenizer tokenizer_;
};

TEST_F(TinyTokenizer, NumbersSymbolsMergesAndSpecialsInOrder) {
  EXPECT_EQ(tokenizer_.vocabulary_size(), 520);
  EXPECT_EQ(tokenizer_.start_token(), kStart);
  EXPECT_EQ(tokenizer_.end_token(), kEnd);
}

TEST_F(TinyTokenizer, MergesByRank) {
  EXPECT_THAT(encode("cat"), ElementsAre(kCat));
  EXPECT_THAT(encode("cats"), ElementsAre(kCa, symbol('t'), last('s')));
  EXPECT_THAT(encode("dog"), ElementsAre(kDo, last('g')));
}

TEST_F(TinyTokenizer, MergesEveryOccurrenceFromTheLeft) {
  EXPECT_THAT(encode("aaaaab"), ElementsAre(kAa, kAa, symbol('a'), last('b')));
  EXPECT_THAT(encode("aaa"), ElementsAre(kAaa));
}

TEST_F(TinyTokenizer, SplitsLettersNumbersAndTheRest) {
  EXPECT_THAT(encode("a12!?b"),
              ElementsAre(last('a'), last('1'), last('2'), symbol('!'), last('?'), last('b')));
  EXPECT_THAT(encode("cat's"), ElementsAre(kCat, kS));
  EXPECT_THAT(encode("CAT'S cat"), ElementsAre(kCat, kS, kCat));
}

TEST_F(TinyTokenizer, IgnoresSpaceAround) {
  EXPECT_THAT(encode(""), IsEmpty());
  EXPECT_THAT(encode(" \t\u00a0\u2003\n\x1f"), IsEmpty());
  EXPECT_EQ(encode("  cat\r\n\u3000 dog "), encode("cat dog"));
}

TEST_F(TinyTokenizer, LowersAsPythonDoes) {
  EXPECT_EQ(encode("CAT"), encode("cat"));
  EXPECT_EQ(encode("ΑΣ ΣΑ"), encode("ας σα"));  // a sigma at the end of a word has its own form
  EXPECT_EQ(encode("İ"), encode("i\u0307"));
  EXPECT_EQ(encode("Ǆ É"), encode("ǆ é"));
}

TEST_F(TinyTokenizer, UnescapesTwice) {
  EXPECT_EQ(encode("&amp;lt;"), encode("<"));
  EXPECT_EQ(encode("&amp;amp;amp;"), encode("& amp ;"));
}

TEST_F(TinyTokenizer, SeesUnicodeLettersNumbersAndSpaces) {
  // Letter, one number, other: three words, each ending in its last byte's symbol.
  EXPECT_EQ(encode("é½→"), encode("é ½ →"));
  EXPECT_EQ(encode("ⅷⅷ"), encode("ⅷ ⅷ"));  // two numbers are two words
  EXPECT_EQ(encode("a\u2028b"), encode("a b"));
  EXPECT_NE(encode("a\u200bb"), encode("a b"));  // a zero-width space is no space
}

TEST_F(TinyTokenizer, MapsSpecialsInTheText) {
  EXPECT_THAT(encode("<|startoftext|>cat<|ENDOFTEXT|>"), ElementsAre(kStart, kCat, kEnd));
}

TEST_F(TinyTokenizer, DecodesWhatItEncoded) {
  EXPECT_EQ(tokenizer_.decode(encode("Cat  é→ dog1")), "cat é → dog 1 ");
  EXPECT_EQ(tokenizer_.decode(std::vector<int>{kStart, kCat, kEnd}),
            "<|startoftext|>cat <|endoftext|>");
  EXPECT_EQ(tokenizer_.decode({}), "");
  EXPECT_THAT(error_of([&] { tokenizer_.decode(std::vector<int>{520}); }),
              HasSubstr("token 520 of a vocabulary of 520"));
  EXPECT_THROW(tokenizer_.decode(std::vector<int>{-1}), Error);
}

TEST_F(TinyTokenizer, SurvivesBytesThatAreNotUtf8) {
  EXPECT_EQ(encode("cat \xff\xc3"), encode("cat \ufffd\ufffd"));
}

TEST_F(TinyTokenizer, EncodesLongTexts) {
  EXPECT_EQ(encode(std::string(100'000, 'a')).size(), 50'001u);  // the last one differs
  EXPECT_EQ(encode(std::string(100'000, '&')).size(), 100'000u);
}

std::string gzipped(std::string_view text) {
  const TemporaryFolder folder;
  const gzFile file = gzopen((folder / "x").c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return read_text(folder / "x");
}

class TokenizerFiles : public ::testing::Test {
 protected:
  TokenizerFiles() : expected_(load_vocabulary(folder_.file("reference/merges.txt", kMerges))) {}

  Json ids() const { return Json(expected_.ids); }
  Json tokenizer_json(bool merges_as_pairs) const;
  void expect_same(const fs::path& path) const {
    const Vocabulary vocabulary = load_vocabulary(path);
    EXPECT_EQ(vocabulary.ids, expected_.ids);
    EXPECT_EQ(vocabulary.merges, expected_.merges);
  }

  TemporaryFolder folder_;
  Vocabulary expected_;
};

Json TokenizerFiles::tokenizer_json(bool merges_as_pairs) const {
  Json merges = Json::array(), vocabulary = ids();
  for (const auto& [first, second] : expected_.merges) {
    merges.push_back(merges_as_pairs ? Json{first, second} : Json(first + " " + second));
  }
  vocabulary.erase(kEndOfText);
  return {{"added_tokens", {{{"id", kEnd}, {"content", kEndOfText}}}},
          {"model",
           {{"type", "BPE"},
            {"end_of_word_suffix", "</w>"},
            {"vocab", vocabulary},
            {"merges", merges}}}};
}

TEST_F(TokenizerFiles, ReadsVocabAndMerges) {
  folder_.file("vocab.json", ids().dump());
  folder_.file("merges.txt", kMerges);
  expect_same(folder_.path());
  expect_same(folder_ / "vocab.json");
  expect_same(folder_ / "merges.txt");
}

TEST_F(TokenizerFiles, ReadsTokenizerJson) {
  for (const bool pairs : {false, true}) {
    folder_.file("tokenizer.json", tokenizer_json(pairs).dump());
    expect_same(folder_.path());
  }
}

TEST_F(TokenizerFiles, ReadsTheGzippedListWhateverItsName) {
  expect_same(folder_.file("anything.bin", gzipped(kMerges)));
  folder_.file("bpe_simple_vocab_16e6.txt.gz", gzipped(kMerges));
  expect_same(folder_.path());
}

TEST_F(TokenizerFiles, TakesTheFirst48894Merges) {
  std::string text = "#version\n";
  const auto symbols = byte_symbols();
  for (int i = 0; i < 60'000; ++i) text += symbols[i / 256] + " " + symbols[i % 256] + "\n";
  EXPECT_EQ(load_vocabulary(folder_.file("list.gz", gzipped(text))).merges.size(), 48894u);
}

TEST_F(TokenizerFiles, SaysWhatItLookedFor) {
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.path()); }),
              HasSubstr("expected vocab.json with merges.txt, tokenizer.json"));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_ / "missing"); }), HasSubstr("missing"));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("x.txt", "hello")); }),
              HasSubstr("x.txt: not a tokenizer"));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("vocab.json", "{}")); }),
              HasSubstr("no merges.txt beside it"));
}

TEST_F(TokenizerFiles, RefusesDamagedFiles) {
  const std::string gzip = gzipped(kMerges);
  for (const std::size_t size :
       {gzip.size() - 1, gzip.size() - 9, gzip.size() / 2, std::size_t{2}}) {
    EXPECT_THROW(Tokenizer::load(folder_.file("x.gz", gzip.substr(0, size))), Error) << size;
  }
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("m", "#version\na b c\n")); }),
              HasSubstr("line 2 is 'a b c', expected two symbols"));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("m", "#version\na qq\n")); }),
              HasSubstr("no token 'qq' in the vocabulary"));
}

TEST_F(TokenizerFiles, RefusesAGzipBomb) {
  const std::string bomb = gzipped(std::string(100 << 20, 'a'));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("bomb.gz", bomb)); }),
              HasSubstr("bomb.gz: unpacks to more than"));
}

TEST_F(TokenizerFiles, RefusesImpossibleVocabularies) {
  folder_.file("merges.txt", kMerges);
  for (const Json& id : {Json(-1), Json(1.5), Json("1"), Json(1ull << 40)}) {
    Json changed = ids();
    changed["cat</w>"] = id;
    EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("vocab.json", changed.dump())); }),
                HasSubstr("id of token 'cat</w>'"));
  }
  Json changed = ids();
  changed.erase("a");
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("vocab.json", changed.dump())); }),
              HasSubstr("no token 'a' in the vocabulary"));
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("vocab.json", R"({"a": )")); }),
              HasSubstr("not valid JSON"));
}

TEST_F(TokenizerFiles, RefusesOtherKindsOfTokenizers) {
  Json json = tokenizer_json(false);
  json["model"]["type"] = "Unigram";
  EXPECT_THAT(error_of([&] { Tokenizer::load(folder_.file("tokenizer.json", json.dump())); }),
              HasSubstr("not CLIP's kind of tokenizer"));
  json = tokenizer_json(false);
  json["model"].erase("merges");
  EXPECT_THROW(Tokenizer::load(folder_.file("tokenizer.json", json.dump())), Error);
  json = tokenizer_json(false);
  json["model"]["merges"] = {Json{1, 2}};
  EXPECT_THROW(Tokenizer::load(folder_.file("tokenizer.json", json.dump())), Error);
}

TEST(Reference, TokenizerCasesInEveryFormat) {
  const fs::path goldens = testing::goldens_folder();
  const fs::path folder = goldens / "tokenizer" / "openai";
  if (!fs::exists(folder)) GTEST_SKIP() << "no tokenizer in this set";
  const Json cases = read_json(goldens / "tokenizer" / "openai_cases.json").at("cases");
  ASSERT_GT(cases.size(), 0u);
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    const Tokenizer tokenizer = Tokenizer::load(file.path());
    EXPECT_EQ(tokenizer.end_token(), tokenizer.vocabulary_size() - 1);
    for (const Json& one : cases) {
      EXPECT_EQ(tokenizer.encode(one.at("text").get<std::string>()), one.at("ids"))
          << file.path() << " " << one.at("text");
    }
  }
}

// The folder of any checkpoint that has a tokenizer: all layouts of a set share one.
fs::path folder_with_tokenizer(const fs::path& checkpoints) {
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints)) {
    if (entry.is_directory() && !find_vocabulary(entry.path()).empty()) return entry.path();
  }
  return {};
}

TEST(Reference, TokensOfTheZeroShotPrompts) {
  const fs::path goldens = testing::goldens_folder();
  const fs::path folder = folder_with_tokenizer(goldens / "reference" / "checkpoints");
  if (folder.empty()) GTEST_SKIP() << "no checkpoint with a tokenizer in this set";
  const Tokenizer tokenizer = Tokenizer::load(folder);
  const Safetensors reference(goldens / "reference" / "coop.safetensors");
  const TensorView& tokens = reference.at("zs.tokens");
  const Json names = Json::parse(reference.metadata().at("classnames"));
  ASSERT_EQ(tokens.shape.at(0), static_cast<Index>(names.size()));
  for (Index i = 0; i < tokens.shape[0]; ++i) {
    const TensorView row = rows_of(tokens, i, 1);
    std::vector<std::int64_t> expected(tokens.shape.at(1));
    std::memcpy(expected.data(), row.bytes.data(), row.bytes.size());
    std::vector<std::int64_t> actual{tokenizer.start_token()};
    for (const int id : tokenizer.encode("a photo of a " + names[i].get<std::string>() + ".")) {
      actual.push_back(id);
    }
    actual.push_back(tokenizer.end_token());
    actual.resize(expected.size(), 0);
    EXPECT_EQ(actual, expected) << names[i];
  }
}

}  // namespace
}  // namespace qprompt
