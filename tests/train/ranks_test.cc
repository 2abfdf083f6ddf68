// A run shared among ranks comes to what it comes to on one, to the rounding of float32.

#include "qprompt/core/ranks.h"

#include "qprompt/core/random.h"
#include "qprompt/train/trainer.h"
#include "tests/support/small_methods.h"
#include "tests/support/thread_ranks.h"
#include "tests/train/demo_set.h"

namespace qprompt {
namespace {

using testing::on_ranks;
using Shared = std::shared_ptr<Ranks>;

constexpr float kRounding = 2e-5f;  // of a matrix's largest value

void expect_near(const ParameterMap& actual, const ParameterMap& expected, float tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, matrix] : expected) {
    EXPECT_LE((actual.at(name) - matrix).cwiseAbs().maxCoeff(),
              tolerance * matrix.cwiseAbs().maxCoeff())
        << name;
  }
}

// One rank's share of the work: a model, images and a clip of its own.
struct Share {
  Share(const MethodConfig& method, const Shared& ranks)
      : model(testing::random_model(7, testing::float32(1), ranks)),
        set(demo_set(model, 6)),
        clip(model, make_learner(method, model), kThreeClasses) {}

  ParameterMap some_values() const {
    ParameterMap values = clip.learner().initial_values(clip.classes(), 3);
    Random random(4);
    for (auto& [name, value] : values) {
      value += random.normal_matrix(value.rows(), value.cols(), 0.3);
    }
    return values;
  }

  StepGradient step(const RegularizerConfig& regularizer) const {
    const Batch batch = consecutive_views(set, 0, set.images());
    PromptedWorkspace workspace(model.device());
    return loss_and_gradient(clip, Objective(regularizer, model, kThreeClasses), some_values(),
                             batch.images, batch.labels, workspace);
  }

  Model model;
  TrainingSet set;
  PromptedClip clip;
};

class MethodsOnRanks : public ::testing::TestWithParam<testing::NamedMethod> {
 protected:
  // Two ranks, and more than there are classes.
  static void expect_same_step(const RegularizerConfig& regularizer) {
    const auto step = [&](const Shared& ranks) {
      return Share(GetParam().config, ranks).step(regularizer);
    };
    const StepGradient whole = step(nullptr);
    for (const int size : {2, 4}) {
      const auto steps = on_ranks(size, step);
      EXPECT_NEAR(steps[0].loss, whole.loss, 1e-5 * whole.loss);
      EXPECT_EQ(steps[0].correct, whole.correct);
      expect_near(steps[0].gradient, whole.gradient, kRounding);
      for (const StepGradient& other : steps) {
        EXPECT_EQ(other.loss, steps[0].loss);
        EXPECT_EQ(other.gradient, steps[0].gradient);
      }
    }
  }
};

TEST_P(MethodsOnRanks, GiveTheGradientOfOneProcess) { expect_same_step({}); }

TEST_P(MethodsOnRanks, GiveTheGradientOfOneProcessUnderARegularizerOfOutputs) {
  expect_same_step({.kind = RegularizerKind::kPromptSrc, .text_weight = 2, .image_weight = 2});
}

TEST_P(MethodsOnRanks, GiveTheGradientOfOneProcessUnderARegularizerOfGradients) {
  expect_same_step({.kind = RegularizerKind::kProGrad});
}

INSTANTIATE_TEST_SUITE_P(All, MethodsOnRanks, ::testing::ValuesIn(testing::small_methods()),
                         [](const auto& tested) { return tested.param.name; });

TrainingConfig short_training(QuantizerKind quantizer = QuantizerKind::kNone) {
  TrainingConfig config;
  config.epochs = 3;
  config.batch_size = 3;
  config.optimizer.lr = 0.01;
  config.quantizer.kind = quantizer;
  return config;
}

// Trained on ranks, and looked at after every epoch.
TrainingResult trained(const MethodConfig& method, const TrainingConfig& config,
                       const Shared& ranks, const Observer& observer = {},
                       const TrainingState* resume = nullptr) {
  const Share share(method, ranks);
  return train(share.clip, {share.set, &share.set, resume}, config, 1, observer);
}

std::vector<testing::NamedMethod> one_of_each_kind() {
  return {{"CoOp", CoOpConfig{.n_ctx = 3, .ctx_init = ""}},
          {"CoCoOp", CoCoOpConfig{.n_ctx = 2, .ctx_init = "", .reduction = 4}},
          {"VptDeep", VptConfig{.n_ctx_vision = 3, .depth_vision = 2}},
          {"MaPLe", MaPLeConfig{.n_ctx = 2, .ctx_init = "a photo cat", .depth = 9}},
          {"ClipAdapter", ClipAdapterConfig{}}};
}

class TrainingOnRanks : public ::testing::TestWithParam<testing::NamedMethod> {};

TEST_P(TrainingOnRanks, LearnsWhatOneProcessLearns) {
  const auto run = [](const Shared& ranks) {
    return trained(GetParam().config, short_training(), ranks);
  };
  const TrainingResult whole = run(nullptr);
  const auto results = on_ranks(2, run);
  expect_near(results[0].values, whole.values, 10 * kRounding);
  EXPECT_EQ(results[0].values, results[1].values);
  for (std::size_t epoch = 0; epoch < whole.epochs.size(); ++epoch) {
    EXPECT_NEAR(results[0].epochs[epoch].loss, whole.epochs[epoch].loss, 1e-4);
    EXPECT_EQ(results[0].epochs[epoch].validation, whole.epochs[epoch].validation);
  }
}

TEST_P(TrainingOnRanks, HasTheSameCodebooksOnAllRanks) {
  const auto results = on_ranks(2, [](const Shared& ranks) {
    TrainingResult result =
        trained(GetParam().config, short_training(QuantizerKind::kKMeans), ranks);
    return std::pair(result.values, result.quantizer.deployed(result.values));
  });
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(All, TrainingOnRanks, ::testing::ValuesIn(one_of_each_kind()),
                         [](const auto& tested) { return tested.param.name; });

TEST(ResumingOnRanks, GoesOnFromAStateOfAnyNumberOfThem) {
  const MethodConfig method = one_of_each_kind().front().config;
  TrainingState first;  // after the first epoch
  Observer observer;
  observer.on_state = [&](const TrainingState& state) {
    if (state.epochs.size() == 1) first = state;
  };
  const TrainingResult whole = trained(method, short_training(), nullptr, observer);
  const auto resumed = on_ranks(
      2, [&](const Shared& ranks) { return trained(method, short_training(), ranks, {}, &first); });
  EXPECT_EQ(resumed[0].steps, whole.steps);
  expect_near(resumed[0].values, whole.values, 10 * kRounding);
  EXPECT_EQ(resumed[1].values, resumed[0].values);
}

TEST(StoppingOnRanks, OneIsAskedAndAllEndAfterTheSameStep) {
  const auto steps = on_ranks(3, [](const Shared& ranks) {
    Observer observer;
    int asked = 0;
    observer.stop = [&, rank = ranks->rank()] { return rank == 1 && ++asked == 3; };
    const TrainingResult result =
        trained(one_of_each_kind().front().config, short_training(), ranks, observer);
    return std::pair(result.interrupted, result.steps);
  });
  EXPECT_THAT(steps, ::testing::Each(std::pair(true, std::int64_t{3})));
}

}  // namespace
}  // namespace qprompt
