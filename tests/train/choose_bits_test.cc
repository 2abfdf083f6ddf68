#include "qprompt/train/choose_bits.h"

#include <cmath>

#include "tests/support/errors.h"
#include "tests/train/demo_set.h"
#include "tests/train/separable_images.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ChooseBits : public SeparableImages {
 protected:
  static TrainingConfig automatic(const std::string& bits) {
    TrainingConfig config = SeparableImages::config(QuantizerKind::kKMeans, 8);
    config.optimizer.lr = 0.3;
    config.quantizer.bits = bits;
    return config;
  }
  // Accuracy on the validation images of values that are quantized after training.
  double quantized_accuracy(const ParameterMap& values, int bits) const {
    const Quantizer quantizer(
        {.bits = std::to_string(bits), .phase = QuantizationPhase::kPostTraining});
    return accuracy(AdaptedModel::of(clip(), quantizer.deployed(values)), validation_);
  }
};

TEST_F(ChooseBits, TakesTheSmallestWidthWithinOneStandardError) {
  const BitsChoice choice = choose_bits(clip(), {set_, &validation_}, automatic("auto"), 1);
  TrainingConfig full = automatic("1");
  full.quantizer.kind = QuantizerKind::kNone;
  const ParameterMap values = run(full).values;
  const double best = accuracy(AdaptedModel::of(clip(), values), validation_);
  const double enough = best - std::sqrt(best * (1 - best) / 6);
  int expected = 1;
  while (expected < 8 && quantized_accuracy(values, expected) < enough) expected *= 2;
  EXPECT_EQ(choice.bits.context, expected);
}

// Nobody does worse than never right.
TEST_F(ChooseBits, TakesOneBitWhereFullPrecisionKnowsNothing) {
  for (int& label : validation_.labels) label = (label + 1) % 3;
  TrainingConfig config = automatic("auto");
  config.epochs = 30;
  const BitsChoice choice = choose_bits(clip(), {set_, &validation_}, config, 1);
  EXPECT_EQ(choice.bits, (BitsPerKind{1, 1}));
  ASSERT_EQ(choice.reasons.size(), 1u) << "CoOp has no projections";
  EXPECT_THAT(choice.reasons.front(),
              AllOf(HasSubstr("ctx: 1 bit, "), HasSubstr("of 6 validation images")));
}

TEST_F(ChooseBits, GivesAReasonForEachKindThatItChose) {
  const auto maple = make_learner(MaPLeConfig{.ctx_init = "", .depth = 2}, model_);
  const PromptedClip clip(model_, maple, class_names_);
  const TrainingSet pictures = demo_set(model_, 6);
  const auto choose = [&](const std::string& bits) {
    TrainingConfig config = automatic(bits);
    config.epochs = 1;
    return choose_bits(clip, {pictures, &pictures}, config, 1);
  };
  const BitsChoice both = choose("auto");
  EXPECT_FALSE(both.bits.has_auto());
  EXPECT_THAT(both.reasons, ::testing::ElementsAre(MatchesRegex("ctx: [1248] bits?, .*"),
                                                   MatchesRegex("projection: [1248] bits?, .*")));
  const BitsChoice contexts = choose("ctx=auto,projection=3");
  EXPECT_EQ(contexts.bits.projection, 3);
  EXPECT_EQ(contexts.bits.context, both.bits.context);
  EXPECT_EQ(contexts.reasons.size(), 1u);
  const BitsChoice projections = choose("ctx=3,projection=auto");
  EXPECT_EQ(projections.bits.context, 3);
  EXPECT_THAT(projections.reasons, ::testing::ElementsAre(HasSubstr("projection: ")));
}

TEST_F(ChooseBits, NeedsValidationImages) {
  EXPECT_TRUE(needs_validation(automatic("ctx=auto")));
  EXPECT_FALSE(needs_validation(automatic("2")));
  TrainingConfig full = automatic("auto");
  full.quantizer.kind = QuantizerKind::kNone;
  EXPECT_FALSE(needs_validation(full)) << "there is nothing to choose";
  EXPECT_THAT(testing::error_of([&] { choose_bits(clip(), {set_}, automatic("auto"), 1); }),
              HasSubstr("validation images"));
}

}  // namespace
}  // namespace qprompt
