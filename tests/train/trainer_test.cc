#include "qprompt/train/trainer.h"

#include <gtest/gtest.h>

#include <limits>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/random.h"
#include "tests/support/errors.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

class Trainer : public ::testing::Test {
 protected:
  Trainer()
      : model_(load()), learner_(make_learner(CoOpConfig{.n_ctx = 3, .ctx_init = ""}, model_)) {
    Random random(5);
    set_.views = 2;
    for (int i = 0; i < 12; ++i) set_.labels.push_back(i % 3);
    // An image lies near its class's own direction.
    const Matrix centres = random.normal_matrix(3, model_.shape().embed, 1.0);
    Matrix features = random.normal_matrix(24, model_.shape().embed, 0.3);
    for (Index r = 0; r < 24; ++r) features.row(r) += centres.row(set_.labels[r / 2]);
    set_.features = UnitRows(features).unit;
  }

  Model load() {
    testing::write_random_model(folder_.path(), testing::small_clip_shape(), 7);
    return Model::load(folder_.path().string(),
                       {{.threads = 1, .precision = kernels::Precision::kFloat32}, std::nullopt});
  }

  TrainingConfig config(QuantizerKind kind, int epochs = 6) const {
    TrainingConfig config;
    config.epochs = epochs;
    config.batch_size = 4;
    config.optimizer.lr = 0.05;
    config.quantizer.kind = kind;
    return config;
  }

  TrainingResult run(const TrainingConfig& config, std::uint64_t seed = 1) const {
    return train(clip(), {set_}, config, seed);
  }

  PromptedClip clip() const { return {model_, *learner_, class_names_}; }

  testing::TemporaryFolder folder_;
  Model model_;
  std::unique_ptr<PromptLearner> learner_;
  std::vector<std::string> class_names_{"cat", "dog", "red_car"};
  TrainingSet set_;
};

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

TEST_F(Trainer, NamesTheStepWhereTheLossIsNoNumber) {
  set_.features.row(0).setConstant(std::numeric_limits<float>::quiet_NaN());
  set_.features.row(1) = set_.features.row(0);
  const std::string error = testing::error_of([&] { run(config(QuantizerKind::kNone)); });
  EXPECT_THAT(error, ::testing::HasSubstr("step"));
  EXPECT_THAT(error, ::testing::HasSubstr("learning rate"));
}

TEST_F(Trainer, ShowsEachFreshViewInItsEpoch) {
  set_.fresh_views = true;
  const std::string error = testing::error_of([&] { run(config(QuantizerKind::kNone, 3)); });
  EXPECT_THAT(error, ::testing::HasSubstr("fresh views"));
  EXPECT_EQ(run(config(QuantizerKind::kNone, 2)).epochs.size(), 2u);
}

}  // namespace
}  // namespace qprompt
