#include "qprompt/train/trainer.h"

#include <limits>

#include "tests/support/errors.h"
#include "tests/train/demo_set.h"
#include "tests/train/separable_images.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Trainer = SeparableImages;

TEST_F(Trainer, LowersTheLossOfSeparableImages) {
  const TrainingResult result = run(config(QuantizerKind::kNone, 20));
  EXPECT_LT(result.epochs.back().loss, result.epochs.front().loss);
  EXPECT_EQ(result.steps, 20 * 3);
  EXPECT_FALSE(result.interrupted);
}

TEST_F(Trainer, RepeatsItselfToTheBitAndFollowsItsSeed) {
  for (QuantizerKind kind : {QuantizerKind::kNone, QuantizerKind::kKMeans, QuantizerKind::kNoise}) {
    const Matrix first = run(config(kind)).values.at("ctx");
    EXPECT_EQ(first, run(config(kind)).values.at("ctx"));
    EXPECT_NE(first, run(config(kind), 2).values.at("ctx"));
  }
}

TEST_F(Trainer, StepsAlongTheGradientAtTheQuantizedValues) {
  TrainingConfig one = config(QuantizerKind::kKMeans, 1);
  one.batch_size = 12;  // one step: the whole set
  one.optimizer.warmup_epochs = 0;
  one.optimizer.weight_decay = 0;
  set_.views = 1;
  set_.features = Matrix(set_.features.topRows(12));
  const TrainingResult trained = run(one);

  // The start, by training with no step length; then W - lr dL/dW at W_q by hand.
  TrainingConfig still = one;
  still.optimizer.lr = 0;
  const Matrix start = run(still).values.at("ctx");
  Quantizer quantizer(one.quantizer);
  quantizer.adapt({{"ctx", start}}, 0);
  const ParameterMap quantized = quantizer.quantize({{"ctx", start}}, 0);
  ASSERT_NE(quantized.at("ctx"), start);
  PromptedWorkspace workspace(model_.device());
  const StepGradient at = loss_and_gradient(clip(), Objective({}, model_, class_names_), quantized,
                                            {set_.features, {}}, set_.labels, workspace);
  const Matrix expected = start - 0.05f * at.gradient.at("ctx");
  const double tolerance = 1e-5 * (expected - start).norm();
  EXPECT_LE((trained.values.at("ctx") - expected).norm(), tolerance);
}

TEST_F(Trainer, LearnsTheSameInFullPrecisionAndForPostTrainingQuantization) {
  TrainingConfig ptq = config(QuantizerKind::kKMeans);
  ptq.quantizer.phase = QuantizationPhase::kPostTraining;
  EXPECT_EQ(run(ptq).values.at("ctx"), run(config(QuantizerKind::kNone)).values.at("ctx"));
}

TEST_F(Trainer, StopsWhenAskedAndKeepsTheStepsDone) {
  int asked = 0;
  Observer observer;
  observer.stop = [&asked] { return ++asked == 5; };
  const TrainingResult result = train(clip(), {set_}, config(QuantizerKind::kNone), 1, observer);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 5);
  EXPECT_EQ(result.epochs.size(), 1u) << "three steps make an epoch";
}

// The second epoch shows views that are no numbers.
TEST_F(Trainer, NamesStepAndMatrixWhereTheLossIsNoNumberAndHasHandedOverTheEpochBefore) {
  set_.fresh_views = true;
  for (Index image = 0; image < set_.images(); ++image) {
    set_.features.row(2 * image + 1).setConstant(std::numeric_limits<float>::quiet_NaN());
  }
  std::vector<TrainingState> states;
  Observer observer;
  observer.on_state = [&](const TrainingState& state) { states.push_back(state); };
  const std::string error = testing::error_of(
      [&] { train(clip(), {set_}, config(QuantizerKind::kNone, 2), 1, observer); });
  EXPECT_THAT(error, AllOf(HasSubstr("step 3"), HasSubstr("'ctx'"), HasSubstr("learning rate")));
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states.front().steps, 3);
  EXPECT_TRUE(states.front().current.values.at("ctx").allFinite());
}

TEST_F(Trainer, NamesTheMatrixThatIsNoNumber) {
  const auto maple = make_learner(MaPLeConfig{.ctx_init = "", .depth = 2}, model_);
  const PromptedClip clip(model_, maple, class_names_);
  TrainingState state;
  state.current.values = maple->initial_values(clip.classes(), 1);
  state.velocity = state.current.values;
  state.current.values.at("proj.weight")(3, 4) = std::numeric_limits<float>::infinity();
  const TrainingSet set = demo_set(model_, 6);
  for (const auto kind : {QuantizerKind::kNone, QuantizerKind::kKMeans}) {
    const std::string error = testing::error_of([&] {
      train(clip, {set, nullptr, &state}, config(kind), 1);
    });
    EXPECT_THAT(error, HasSubstr("'proj.weight'"));
  }
}

TEST_F(Trainer, ShowsEachFreshViewInItsEpoch) {
  set_.fresh_views = true;
  const std::string error = testing::error_of([&] { run(config(QuantizerKind::kNone, 3)); });
  EXPECT_THAT(error, HasSubstr("fresh views"));
  EXPECT_EQ(run(config(QuantizerKind::kNone, 2)).epochs.size(), 2u);
}

}  // namespace
}  // namespace qprompt
