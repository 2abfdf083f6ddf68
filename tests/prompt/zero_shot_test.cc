#include "qprompt/prompt/zero_shot.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/prompt/coop.h"
#include "qprompt/prompt/prompted_clip.h"
#include "tests/prompt/prompt_test.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using Rows = std::vector<TextRow>;

const std::vector<std::string> kNames{"cat", "photo_album", "fish"};
constexpr float kRounding = 1e-5f;  // of float32 sums in another order

void expect_near(const Matrix& actual, const Matrix& expected) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  EXPECT_LE((actual - expected).norm(), kRounding * expected.norm());
}

class TextFeatures : public PromptTest {
 protected:
  Matrix class_features_of(const CoOpConfig& config, const Matrix& ctx) const {
    return class_features(config, ctx, kNames);
  }
  Matrix class_features(const CoOpConfig& config, const Matrix& ctx,
                        const std::vector<std::string>& names) const {
    const PromptedClip clip(model_, std::make_shared<const CoOp>(config, model_), names,
                            kernels::Differentiable::kNo);
    return clip.unit_texts({ctx, {}});
  }

  // Straight through a tower of its own: every sentence whole, nothing shared.
  Matrix tower_features(const std::vector<std::string>& sentences) const {
    const Tokenizer& tokenizer = model_.tokenizer();
    TextLayout layout;
    for (const std::string& sentence : sentences) {
      Rows rows{TextRow::token(tokenizer.start_token())};
      for (int id : tokenizer.encode(sentence)) rows.push_back(TextRow::token(id));
      rows.push_back(TextRow::token(tokenizer.end_token()));
      layout.own.push_back(rows);
    }
    return unit_features(layout, {});
  }

  Matrix unit_features(const TextLayout& layout, const TextPrompts& prompts) const {
    const TextTower tower(model_.checkpoint(), model_.device(), kernels::Differentiable::kNo);
    TextWorkspace workspace(model_.device());
    const Matrix features = tower.forward(layout, prompts, workspace, Keep::kNothing).features();
    return features.rowwise().normalized();
  }
};

CoOpConfig photo_cat(ClassTokenPosition position, bool class_specific = false) {
  return {.n_ctx = 2,
          .ctx_init = "photo cat",
          .class_specific = class_specific,
          .class_token_position = position};
}

TEST_F(TextFeatures, AreThoseOfTheTowerWithTheLearnedRowsInPlace) {
  const Matrix ctx = Random(3).normal_matrix(2, model_.shape().text.width, 0.5);
  const Tokenizer& tokenizer = model_.tokenizer();
  TextLayout layout;
  for (const std::string name : {"cat", "photo album", "fish"}) {
    Rows rows{TextRow::token(tokenizer.start_token()), TextRow::learned(0), TextRow::learned(1)};
    for (int id : tokenizer.encode(name + ".")) rows.push_back(TextRow::token(id));
    rows.push_back(TextRow::token(tokenizer.end_token()));
    layout.own.push_back(rows);
  }
  expect_near(class_features_of(photo_cat(ClassTokenPosition::kEnd), ctx),
              unit_features(layout, {ctx, {}}));
}

TEST_F(TextFeatures, OfWordsAsContextAreThoseOfTheirSentences) {
  const Matrix ctx = embeddings("photo cat");
  const auto filled = [&](const std::string& prompt_template) {
    return zero_shot_texts(model_, {prompt_template}, kNames);
  };
  expect_near(class_features_of(photo_cat(ClassTokenPosition::kEnd), ctx), filled("photo cat {}."));
  expect_near(class_features_of(photo_cat(ClassTokenPosition::kMiddle), ctx),
              filled("photo {} cat."));
  expect_near(class_features_of(photo_cat(ClassTokenPosition::kFront), ctx),
              filled("{} photo cat."));
}

TEST_F(TextFeatures, ReadEachClassesOwnContext) {
  Matrix ctx(6, model_.shape().text.width);
  ctx << embeddings("photo cat"), embeddings("cat photo"), embeddings("cat cat");
  expect_near(class_features_of(photo_cat(ClassTokenPosition::kEnd, true), ctx),
              tower_features({"photo cat cat.", "cat photo photo album.", "cat cat fish."}));
}

TEST_F(TextFeatures, OfNoClassesAreAnError) {
  EXPECT_THAT(testing::error_of([&] {
                class_features(photo_cat(ClassTokenPosition::kEnd), embeddings("photo cat"), {});
              }),
              HasSubstr("no class names"));
  EXPECT_THAT(testing::error_of([&] { zero_shot_texts(model_, {"a {}."}, {}); }),
              HasSubstr("no class names"));
}

TEST_F(TextFeatures, ZeroShotFillsTheTemplateWithEachName) {
  expect_near(zero_shot_texts(model_, {"a {}."}, kNames),
              tower_features({"a cat.", "a photo album.", "a fish."}));
}

TEST_F(TextFeatures, ZeroShotAveragesTheUnitFeaturesOfItsTemplates) {
  const Matrix one = tower_features({"a cat.", "a photo album.", "a fish."});
  const Matrix two = tower_features({"the cat!", "the photo album!", "the fish!"});
  const Matrix both = zero_shot_texts(model_, {"a {}.", "the {}!"}, kNames);
  expect_near(both, Matrix((one + two).rowwise().normalized()));
  expect_near(both, zero_shot_texts(model_, {"the {}!", "a {}."}, kNames));
  EXPECT_GT((both - one).norm(), 0.01f);
}

TEST_F(TextFeatures, ZeroShotNeedsATemplateWithBraces) {
  EXPECT_THAT(testing::error_of([&] { zero_shot_texts(model_, {}, kNames); }),
              HasSubstr("no template"));
  EXPECT_THAT(testing::error_of([&] {
                zero_shot_texts(model_, {"a {}.", "a cat"}, kNames);
              }),
              HasSubstr("'a cat'"));
}

}  // namespace
}  // namespace qprompt
