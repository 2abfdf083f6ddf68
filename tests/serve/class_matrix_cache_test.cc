#include <set>

#include "qprompt/core/file.h"
#include "qprompt/serve/class_matrix.h"
#include "tests/serve/prompts.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ClassMatrixCache : public ::testing::Test {
 protected:
  Matrix cached(const Model& model, const PromptFile& prompt,
                const std::vector<std::string>& names = kNames) const {
    return cached_class_matrix(model, prompt, names, folder_ / "cache");
  }

  std::set<fs::path> files() const {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache")) files.insert(entry);
    return files;
  }

  testing::TemporaryFolder folder_;
  const Model model_ = testing::random_model();
  const PromptFile prompt_ = quantized(unified_prompt(model_));
  const Matrix plain_ = class_matrix(model_, prompt_, kNames);
};

TEST_F(ClassMatrixCache, EqualsThePlainOneBeforeAndAfterItIsKept) {
  EXPECT_EQ(cached(model_, prompt_), plain_);
  ASSERT_EQ(files().size(), 1u);
  const fs::path file = *files().begin();
  const auto written = fs::last_write_time(file);
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(files().size(), 1u);
  EXPECT_EQ(fs::last_write_time(file), written);
}

TEST_F(ClassMatrixCache, NoFlippedByteIsBelieved) {
  cached(model_, prompt_);
  const fs::path file = *files().begin();
  const std::string content = read_text(file);
  for (std::size_t at = 0; at < content.size(); at += 13) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x04);
    write_file(file, damaged);
    EXPECT_EQ(cached(model_, prompt_), plain_) << "byte " << at;
  }
}

TEST_F(ClassMatrixCache, IsWrittenAgainWhereItIsDamaged) {
  cached(model_, prompt_);
  const fs::path file = *files().begin();
  const std::string content = read_text(file);
  for (std::size_t size : {std::size_t{0}, std::size_t{5}, content.size() - 1}) {
    write_file(file, std::string_view(content).substr(0, size));
    EXPECT_EQ(cached(model_, prompt_), plain_);
    EXPECT_EQ(read_text(file), content);
  }
}

TEST_F(ClassMatrixCache, IsNotNeededForTheAnswer) {
  const fs::path blocked = folder_.file("blocked", "a file");
  EXPECT_EQ(cached_class_matrix(model_, prompt_, kNames, blocked / "cache"), plain_);
  EXPECT_EQ(cached_class_matrix(model_, prompt_, kNames, blocked), plain_);
  EXPECT_EQ(read_text(blocked), "a file");
}

TEST_F(ClassMatrixCache, TellsPromptsListsAndNumberFormatsApart) {
  const Model bf16 = testing::random_model(1, {2, kernels::Precision::kBfloat16});
  const PromptFile other = quantized(unified_prompt(model_, 7));
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(cached(model_, other), class_matrix(model_, other, kNames));
  EXPECT_EQ(cached(bf16, prompt_), class_matrix(bf16, prompt_, kNames));
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"cat", "photo album", "dog"},
        {"fish", "photo album", "cat"},
        {"cat", "photo album"}}) {
    EXPECT_EQ(cached(model_, prompt_, names), class_matrix(model_, prompt_, names));
  }
  EXPECT_EQ(files().size(), 6u);
  EXPECT_EQ(cached(model_, prompt_), plain_);
}

// Names cut elsewhere are other names.
TEST_F(ClassMatrixCache, TellsNamesApartThatJoinAlike) {
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"cat\nfish", "dog"}, {"cat", "fish\ndog"}, {"catfish", "dog"}}) {
    EXPECT_EQ(cached(model_, prompt_, names), class_matrix(model_, prompt_, names));
  }
  EXPECT_EQ(files().size(), 3u);
}

// The weights are the same; the names are other tokens.
TEST_F(ClassMatrixCache, TellsTokenizersApart) {
  const fs::path folder = folder_ / "model";
  testing::write_random_model(folder, testing::small_clip_shape());
  folder_.file("model/merges.txt", "#version: 0.2\np h\no t\nph ot\nphot o</w>\n");
  const Model other = Model::load(folder.string(), {testing::float32(), {}});
  ASSERT_EQ(other.fingerprint(), model_.fingerprint());
  ASSERT_NE(other.tokenizer().encode("cat"), model_.tokenizer().encode("cat"));
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(cached(other, prompt_), class_matrix(other, prompt_, kNames));
}

TEST_F(ClassMatrixCache, RefusesWhatThePlainOneRefuses) {
  const Model other = testing::random_model(2);
  cached(model_, prompt_);
  EXPECT_THAT(testing::error_of([&] { cached(other, prompt_); }),
              HasSubstr(hex64(other.fingerprint())));
  const PromptFile bound = class_bound_prompt(model_, kNames);
  EXPECT_EQ(cached(model_, bound), class_matrix(model_, bound, kNames));
  // The same words in other letters are another list all the same.
  EXPECT_THAT(testing::error_of([&] {
                cached(model_, bound, {"cat", "photo_album", "fish"});
              }),
              HasSubstr("no other class list"));
}

}  // namespace
}  // namespace qprompt
