// What holds for every method: gradients, and steps under quantization.

#include "qprompt/core/random.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/train/trainer.h"
#include "tests/support/small_methods.h"
#include "tests/train/demo_set.h"

namespace qprompt {
namespace {

class Methods : public ::testing::TestWithParam<testing::NamedMethod> {
 protected:
  Methods()
      : learner_(make_learner(GetParam().config, model_, seen_classes(kThreeClasses, set_.labels))),
        clip_(model_, learner_, kThreeClasses),
        workspace_(model_.device()) {}

  Batch batch() const { return consecutive_views(set_, 0, set_.images()); }

  StepGradient at(const ParameterMap& values, const RegularizerConfig& regularizer = {}) {
    const Batch all = batch();
    return loss_and_gradient(clip_, Objective(regularizer, model_, kThreeClasses), values,
                             all.images, all.labels, workspace_);
  }

  // Values that no sum of gradients vanishes at.
  ParameterMap some_values() const {
    ParameterMap values = clip_.initial_values({set_.features, set_.labels, set_.views}, 3);
    Random random(4);
    for (auto& [name, value] : values) {
      value += random.normal_matrix(value.rows(), value.cols(), 0.3);
    }
    return values;
  }

  void expect_slope(const RegularizerConfig& regularizer);

  const Model model_ = testing::random_model(7, testing::float32(1));
  const TrainingSet set_ = demo_set(model_, 6);
  std::shared_ptr<const PromptLearner> learner_;
  PromptedClip clip_;
  PromptedWorkspace workspace_;
};

// Along the gradient itself the loss climbs by the gradient's length.
void Methods::expect_slope(const RegularizerConfig& regularizer) {
  const ParameterMap values = some_values();
  const ParameterMap gradient = at(values, regularizer).gradient;
  double squares = 0;
  for (const auto& [name, g] : gradient) squares += static_cast<double>(g.squaredNorm());
  const double length = std::sqrt(squares);
  ASSERT_GT(length, 1e-3);
  constexpr double kStep = 3e-3;
  const auto loss = [&](double step) {
    ParameterMap moved = values;
    for (auto& [name, value] : moved) {
      value += static_cast<float>(step / length) * gradient.at(name);
    }
    return at(moved, regularizer).loss;
  };
  EXPECT_NEAR((loss(kStep) - loss(-kStep)) / (2 * kStep), length, 0.02 * length);
}

TEST_P(Methods, GiveTheSlopeOfTheirLoss) { expect_slope({}); }

TEST_P(Methods, GiveTheSlopeOfTheirLossWithKgCoOp) {
  if (!clip_.prompts_texts()) GTEST_SKIP() << "it has no learned texts";
  expect_slope({.kind = RegularizerKind::kKgCoOp});
}

TEST_P(Methods, GiveTheSlopeOfTheirLossWithPromptSrc) {
  expect_slope({.kind = RegularizerKind::kPromptSrc, .text_weight = 2, .image_weight = 2});
}

// Labelled with the classes that the prompted model prefers more than the frozen one does, images
// pull one way and the frozen model the other.
TEST_P(Methods, BendTheirGradientUnderProGrad) {
  const ParameterMap values = some_values();
  const Objective objective({.kind = RegularizerKind::kProGrad}, model_, kThreeClasses);
  const Batch all = batch();
  PromptedPass pass = clip_.forward(values, all.images, workspace_, Keep::kForPullBack);
  const auto evaluate = [&](std::span<const int> labels) {
    return objective.evaluate(pass.outputs(), all.images.unit_features, labels);
  };
  const std::vector<int> labels = predictions(evaluate(all.labels).second->logits);
  const ObjectiveGradient both = evaluate(labels);
  const ParameterMap plain = pass.pull_back(both.d_outputs);
  ParameterMap expected = plain;
  objective.bend(expected, pass.pull_back(*both.second));
  EXPECT_NE(expected, plain);
  EXPECT_EQ(loss_and_gradient(clip_, objective, values, all.images, labels, workspace_).gradient,
            expected);
}

TEST_P(Methods, GiveOneGradientWhetherTheirBatchComesWholeOrInParts) {
  const ParameterMap values = some_values();
  const Batch all = batch();
  for (const RegularizerKind kind :
       {RegularizerKind::kNone, RegularizerKind::kProGrad, RegularizerKind::kPromptSrc}) {
    workspace_.image.trace_budget = std::size_t{64} << 20;
    ASSERT_EQ(clip_.parts_of(values, all.images, workspace_).size(), 1U);
    const StepGradient whole = at(values, {.kind = kind});
    workspace_.image.trace_budget = 1;
    ASSERT_EQ(clip_.parts_of(values, all.images, workspace_).size(),
              learner_->prompts_images() ? all.labels.size() : 1U);
    const StepGradient parts = at(values, {.kind = kind});
    EXPECT_NEAR(parts.loss, whole.loss, 1e-5 * whole.loss);
    EXPECT_EQ(parts.correct, whole.correct);
    for (const auto& [name, expected] : whole.gradient) {
      EXPECT_LE((parts.gradient.at(name) - expected).norm(), 1e-4f * expected.norm()) << name;
    }
  }
}

TEST_P(Methods, StepAlongTheGradientAtTheQuantizedValues) {
  TrainingConfig config;
  config.epochs = 1;
  config.batch_size = 6;  // one step: the whole set
  config.optimizer = {.lr = 0.05, .momentum = 0.9, .weight_decay = 0, .warmup_epochs = 0};
  config.quantizer.bits = "2";
  const ParameterMap stepped = train(clip_, {set_}, config, 1).values;
  TrainingConfig still = config;
  still.optimizer.lr = 0;
  const ParameterMap start = train(clip_, {set_}, still, 1).values;
  if (start.begin()->second.isZero()) GTEST_SKIP() << "it starts at zero, which a codebook holds";

  // Biases as they are, the rest quantized by hand.
  ParameterMap used = start, quantized;
  for (const ParameterSpec& spec : learner_->parameters(clip_.classes())) {
    if (spec.kind != ParameterKind::kBias) quantized[spec.name] = start.at(spec.name);
  }
  Quantizer quantizer(config.quantizer);
  quantizer.adapt(quantized, 0);
  for (const auto& [name, value] : quantizer.quantize(quantized, 0)) {
    ASSERT_NE(value, used.at(name)) << name;
    used[name] = value;
  }
  const ParameterMap gradient = at(used).gradient;
  for (const auto& [name, before] : start) {
    const Matrix expected = before - 0.05f * gradient.at(name);
    EXPECT_LE((stepped.at(name) - expected).norm(), 1e-4f * (expected - before).norm()) << name;
  }
}

TEST_P(Methods, RepeatTheirTrainingToTheBit) {
  TrainingConfig config;
  config.epochs = 2;
  config.batch_size = 3;
  EXPECT_EQ(train(clip_, {set_}, config, 1).values, train(clip_, {set_}, config, 1).values);
}

INSTANTIATE_TEST_SUITE_P(All, Methods, ::testing::ValuesIn(testing::small_methods()),
                         [](const auto& tested) { return tested.param.name; });
INSTANTIATE_TEST_SUITE_P(OnFeatures, Methods,
                         ::testing::ValuesIn(testing::stepping_feature_methods()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace qprompt
