#include "qprompt/core/file.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/tokenizer/tokenizer.h"
#include "tests/inference/prompts.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ClassMatrixCache : public ::testing::Test {
 protected:
  static Matrix plain(const Model& model, const PromptFile& prompt,
                      const std::vector<std::string>& names = kNames) {
    return AdaptedModel(model, prompt, names).class_matrix();
  }
  Matrix cached(const Model& model, const PromptFile& prompt,
                const std::vector<std::string>& names = kNames) const {
    return AdaptedModel(model, prompt, names, store_).class_matrix();
  }

  testing::TemporaryFolder folder_;
  const std::shared_ptr<FeatureStore> store_ = FeatureStore::open(folder_ / "cache");
  const Model model_ = testing::random_model();
  const PromptFile prompt_ = quantized(unified_prompt(model_));
  const Matrix plain_ = plain(model_, prompt_);
};

TEST_F(ClassMatrixCache, EqualsThePlainOneBeforeAndAfterItIsKept) {
  EXPECT_EQ(store_->entries(), 0u);
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(store_->entries(), 1u);
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(store_->entries(), 1u);
}

TEST_F(ClassMatrixCache, ServesImagesAsThePlainOneDoes) {
  const std::vector<ImageSource> image{testing::demo_pictures(1).front()};
  cached(model_, prompt_);
  const AdaptedModel kept(model_, prompt_, kNames, store_), plain(model_, prompt_, kNames);
  EXPECT_EQ(kept.logits(plain.features(image)), plain.logits(plain.features(image)));
}

TEST_F(ClassMatrixCache, TellsPromptsListsAndNumberFormatsApart) {
  const Model bf16 = testing::random_model(1, {2, kernels::Precision::kBfloat16});
  const PromptFile other = quantized(unified_prompt(model_, 7));
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(cached(model_, other), plain(model_, other));
  EXPECT_EQ(cached(bf16, prompt_), plain(bf16, prompt_));
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"cat", "photo album", "dog"},
        {"fish", "photo album", "cat"},
        {"cat", "photo album"}}) {
    EXPECT_EQ(cached(model_, prompt_, names), plain(model_, prompt_, names));
  }
  EXPECT_EQ(store_->entries(), 6u);
  EXPECT_EQ(cached(model_, prompt_), plain_);
}

// Names cut elsewhere are other names.
TEST_F(ClassMatrixCache, TellsNamesApartThatJoinAlike) {
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"cat fish", "dog"}, {"cat", "fish dog"}, {"catfish", "dog"}}) {
    EXPECT_EQ(cached(model_, prompt_, names), plain(model_, prompt_, names));
  }
  EXPECT_EQ(store_->entries(), 3u);
}

// The weights are the same; the names are other tokens.
TEST_F(ClassMatrixCache, TellsTokenizersApart) {
  const fs::path folder = folder_ / "model";
  testing::write_random_model(folder, testing::small_clip_shape());
  folder_.file("model/merges.txt", "#version: 0.2\np h\no t\nph ot\nphot o</w>\n");
  const Model other = Model::load(folder.string(), {testing::float32(), {}});
  ASSERT_EQ(other.identity(), model_.identity());
  ASSERT_NE(other.tokenizer().encode("cat"), model_.tokenizer().encode("cat"));
  EXPECT_EQ(cached(model_, prompt_), plain_);
  EXPECT_EQ(cached(other, prompt_), plain(other, prompt_));
}

TEST_F(ClassMatrixCache, RefusesWhatThePlainOneRefuses) {
  const Model other = testing::random_model(2);
  cached(model_, prompt_);
  EXPECT_THAT(testing::error_of([&] { cached(other, prompt_); }),
              HasSubstr(hex64(other.identity())));
  const PromptFile bound = class_bound_prompt(model_, kNames);
  EXPECT_EQ(cached(model_, bound), plain(model_, bound));
  // The same words in other letters are another list all the same.
  EXPECT_THAT(testing::error_of([&] {
                cached(model_, bound, {"cat", "photo_album", "fish"});
              }),
              HasSubstr("no other class list"));
}

}  // namespace
}  // namespace qprompt
