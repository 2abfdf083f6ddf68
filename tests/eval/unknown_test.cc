#include "qprompt/eval/unknown.h"

#include <cmath>

#include "qprompt/features/feature_store.h"
#include "qprompt/prompt/common_words.h"
#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

Vector vector(std::initializer_list<float> values) {
  Vector result(static_cast<Index>(values.size()));
  std::ranges::copy(values, result.data());
  return result;
}

TEST(Auroc, IsTheShareOfPairsInOrder) {
  EXPECT_EQ(auroc(vector({3, 4}), vector({1, 2})), 1);
  EXPECT_EQ(auroc(vector({1, 2}), vector({3, 4})), 0);
  EXPECT_EQ(auroc(vector({1, 1}), vector({1, 1, 1})), 0.5);
  EXPECT_DOUBLE_EQ(auroc(vector({5, 2, 3}), vector({1, 3})), (2 + 1 + 1.5) / 6);
}

TEST(Rejected, IsWhatLiesBelowTheThresholdThatKeepsTheKnown) {
  const Vector known = vector({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(rejected_at(1, known, vector({0, 1, 2, 3})), 0.25);
  EXPECT_EQ(rejected_at(0.9, known, vector({0, 1, 2, 3})), 0.5);
  EXPECT_EQ(rejected_at(0.8, known, vector({0, 1, 2, 3})), 0.75);
}

class TellApart : public ::testing::Test {
 protected:
  ImageFeatures features(const AdaptedModel& model, int label) const {
    std::vector<ImageSource> images;
    for (const Item& item : data_.test) {
      if ((item.label < 2) == (label < 2)) images.push_back(item.image);
    }
    return model.features(images);
  }

  const Model model_ = testing::random_model();
  const Dataset data_ = small_demo_data();
};

TEST_F(TellApart, GivesEveryScoreOfCosines) {
  const AdaptedModel adapted =
      AdaptedModel::zero_shot(model_, {"a photo of a {}."}, {"cat", "dog"});
  const ImageFeatures known = features(adapted, 0), others = features(adapted, 4);
  const auto qualities = tell_apart(adapted, known, others);
  std::vector<std::string> names;
  for (const KnownScoreQuality& quality : qualities) {
    names.push_back(quality.score);
    EXPECT_GE(quality.auroc, 0);
    EXPECT_LE(quality.auroc, 1);
  }
  std::vector<std::string> expected{"max_logit", "energy", "max_probability", "margin",
                                    "concept_matching"};
  if (!common_words(model_, 1).empty()) expected.emplace_back("word_contrast");
  EXPECT_EQ(names, expected);
  // Nothing tells an image from itself.
  for (const KnownScoreQuality& quality : tell_apart(adapted, known, known)) {
    EXPECT_EQ(quality.auroc, 0.5) << quality.score;
  }
  // A temperature keeps all of them but that of probabilities.
  const auto hot = tell_apart(adapted.with_temperature(3), known, others);
  EXPECT_EQ(hot[0].auroc, qualities[0].auroc);
  EXPECT_EQ(hot[1].auroc, qualities[1].auroc);
  EXPECT_EQ(hot[4].auroc, qualities[4].auroc);
}

TEST_F(TellApart, KeepsTextsOfWordsInTheCache) {
  const AdaptedModel adapted =
      AdaptedModel::zero_shot(model_, {"a photo of a {}."}, {"cat", "dog"});
  const ImageFeatures known = features(adapted, 0), others = features(adapted, 4);
  const testing::TemporaryFolder folder;
  FeatureOptions options;
  options.cache = FeatureStore::open(folder / "cache");
  const auto plain = tell_apart(adapted, known, others);
  for (int i = 0; i < 2; ++i) {
    const auto cached = tell_apart(adapted, known, others, options);
    ASSERT_EQ(cached.size(), plain.size());
    EXPECT_EQ(cached.back().auroc, plain.back().auroc);
  }
  EXPECT_EQ(options.cache->entries(), common_words(model_, 1).empty() ? 0u : 1u);
}

TEST_F(TellApart, NeedsImagesOfBoth) {
  const AdaptedModel adapted = AdaptedModel::zero_shot(model_, {"{}"}, {"cat", "dog"});
  const ImageFeatures known = features(adapted, 0), none = adapted.features({});
  EXPECT_THAT(testing::error_of([&] { tell_apart(adapted, known, none); }),
              HasSubstr("0 others, expected some of both"));
}

TEST(CommonWords, AreWholeWordsInTheVocabularysOrder) {
  const Model model = Model::load(testing::demo_folder() / "model");
  const std::vector<std::string> words = common_words(model, 50);
  for (const std::string& word : words) {
    EXPECT_GE(word.size(), 3u);
    EXPECT_TRUE(std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) << word;
  }
  const std::vector<std::string> fewer = common_words(model, 3);
  ASSERT_LE(fewer.size(), words.size());
  EXPECT_TRUE(std::ranges::equal(fewer, std::span(words).first(fewer.size())));
}

}  // namespace
}  // namespace qprompt
