#include "qprompt/train/objective.h"

#include <cmath>

#include "qprompt/data/templates.h"
#include "qprompt/prompt/zero_shot.h"
#include "qprompt/train/loss.h"
#include "tests/support/errors.h"
#include "tests/train/demo_set.h"

namespace qprompt {
namespace {

const std::vector<std::string> kNames{"cat", "dog", "fish"};

class ObjectiveTest : public ::testing::Test {
 protected:
  // What the frozen model says, its texts averaged over CLIP's seven templates.
  Outputs frozen(TemplateAverage average) const {
    const Matrix texts = zero_shot_texts(model_, templates_of("imagenet-7"), kNames, average);
    return {images_, {texts}, cosine_logits(images_, texts, model_.logit_scale())};
  }
  ObjectiveGradient evaluate(RegularizerKind kind, const Outputs& outputs) const {
    return Objective({.kind = kind, .anchor = "imagenet-7"}, model_, kNames)
        .evaluate(outputs, images_, labels_);
  }
  double cross_entropy_of(const Outputs& outputs) const {
    return cross_entropy(outputs.logits, labels_).loss;
  }

  const Model model_ = testing::random_model(7, testing::float32(1));
  const Matrix images_ = demo_set(model_, 3).features;
  const std::vector<int> labels_{0, 1, 2};
};

TEST_F(ObjectiveTest, IsCrossEntropyAloneWithoutARegularizer) {
  const Outputs outputs = frozen(TemplateAverage::kUnitFeatures);
  const ObjectiveGradient at = evaluate(RegularizerKind::kNone, outputs);
  EXPECT_EQ(at.loss, cross_entropy_of(outputs));
  EXPECT_EQ(at.d_outputs.logits, cross_entropy(outputs.logits, labels_).d_logits);
  EXPECT_TRUE(at.d_outputs.texts.empty());
  EXPECT_FALSE(at.second.has_value());
}

TEST_F(ObjectiveTest, AddsNothingWhereThePromptedModelSaysWhatTheFrozenOneSays) {
  const Outputs unit = frozen(TemplateAverage::kUnitFeatures);
  EXPECT_NEAR(evaluate(RegularizerKind::kKgCoOp, unit).loss, cross_entropy_of(unit), 1e-5);
  const Outputs raw = frozen(TemplateAverage::kRawFeatures);
  EXPECT_NEAR(evaluate(RegularizerKind::kPromptSrc, raw).loss, cross_entropy_of(raw), 1e-5);
  const ObjectiveGradient prograd = evaluate(RegularizerKind::kProGrad, unit);
  EXPECT_EQ(prograd.loss, cross_entropy_of(unit));
  ASSERT_TRUE(prograd.second.has_value());
  EXPECT_LE(prograd.second->logits.cwiseAbs().maxCoeff(), 1e-6);
}

// PromptSRC averages features before it makes them unit rows, CLIP after.
TEST_F(ObjectiveTest, TellsThePublishedAveragesOverTemplatesApart) {
  const Outputs unit = frozen(TemplateAverage::kUnitFeatures);
  const Outputs raw = frozen(TemplateAverage::kRawFeatures);
  ASSERT_FALSE(unit.texts.front().isApprox(raw.texts.front(), 1e-4f));
  EXPECT_GT(evaluate(RegularizerKind::kPromptSrc, unit).loss, cross_entropy_of(unit) + 1e-3);
}

TEST_F(ObjectiveTest, AsksForTheFrozenTowersFeaturesWhereItComparesImages) {
  const Outputs outputs = frozen(TemplateAverage::kUnitFeatures);
  for (const auto kind : {RegularizerKind::kProGrad, RegularizerKind::kPromptSrc}) {
    const Objective objective({.kind = kind}, model_, kNames);
    EXPECT_TRUE(objective.compares_images());
    EXPECT_THAT(testing::error_of([&] { objective.evaluate(outputs, {}, labels_); }),
                ::testing::HasSubstr("frozen tower for 3 images"));
  }
  EXPECT_FALSE(Objective({.kind = RegularizerKind::kKgCoOp}, model_, kNames).compares_images());
}

}  // namespace
}  // namespace qprompt
