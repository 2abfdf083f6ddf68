// Temperatures, and means of several models' probabilities.

#include <cmath>

#include "qprompt/clip/similarity.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/prompt/learner.h"
#include "tests/inference/prompts.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class MeanOfModels : public ::testing::Test {
 protected:
  Matrix logits(const PromptFile& prompt) const {
    return logits(AdaptedModel(model_, prompt, kNames));
  }
  Matrix logits(const AdaptedModel& adapted) const { return adapted.logits_of_frozen(images_); }
  PromptFile pair() const {
    PromptFile file = unified_prompt(model_, 1);
    file.partners = {unified_prompt(model_, 2)};
    return file;
  }
  PromptFile vision_prompt(std::uint64_t seed) const {
    const VptConfig config{.n_ctx_vision = 2, .depth_vision = 1};
    PromptFile file{
        .backbone = model_.fingerprint(), .identity = model_.identity(), .method = config};
    const auto learner = make_learner(config, model_);
    const ClassTokens classes = any_classes(model_);
    file.matrices = stored_matrices(learner->initial_values(classes, seed), {});
    return file;
  }

  const Model model_ = testing::random_model();
  const Matrix images_ = UnitRows(Random(3).normal_matrix(9, model_.shape().embed, 1)).unit;
};

TEST_F(MeanOfModels, ATemperatureDividesLogits) {
  PromptFile file = unified_prompt(model_);
  const Matrix plain = logits(file);
  file.temperature = 4;
  EXPECT_EQ(logits(file), Matrix(plain / 4));
  const AdaptedModel hot = AdaptedModel(model_, file, kNames);
  EXPECT_EQ(hot.temperature(), 4);
  EXPECT_EQ(logits(hot.with_temperature(0.5)), Matrix(plain / 0.5));
  EXPECT_EQ(logits(hot.with_temperature(1)), plain);
  EXPECT_EQ(logits(hot), Matrix(plain / 4));  // which is what it was
}

TEST_F(MeanOfModels, ATemperatureIsANumberAboveZero) {
  const AdaptedModel adapted(model_, unified_prompt(model_), kNames);
  for (const double temperature : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
    EXPECT_THAT(testing::error_of([&] { adapted.with_temperature(temperature); }),
                HasSubstr("expected a number above 0"));
  }
}

TEST_F(MeanOfModels, PartnersProbabilitiesAreAveraged) {
  PromptFile file = pair();
  file.partners[0].temperature = 2;
  const Matrix first = logits(unified_prompt(model_, 1)), second = logits(file.partners[0]);
  const Matrix mean = logits(file);
  for (Index i = 0; i < images_.rows(); ++i) {
    const Eigen::RowVectorXd expected = (softmax(first.row(i)) + softmax(second.row(i))) / 2;
    EXPECT_TRUE(softmax(mean.row(i)).isApprox(expected, 1e-5));
    EXPECT_NEAR(mean.row(i).cast<double>().array().exp().sum(), 1, 1e-5);  // log probabilities
  }
}

TEST_F(MeanOfModels, ATemperatureOfTheWholeComesAfterTheMean) {
  PromptFile file = pair();
  const Matrix plain = logits(file);
  file.temperature = 3;
  EXPECT_EQ(logits(file), Matrix(plain / 3));
}

TEST_F(MeanOfModels, NoProbabilityIsTooSmall) {
  const AdaptedModel cold =
      AdaptedModel(model_, unified_prompt(model_, 1), kNames).with_temperature(1e-4);
  const AdaptedModel mean = AdaptedModel::mean_of({cold, cold});
  EXPECT_LT(logits(mean).minCoeff(), -1000);
  const Matrix alone = logits(cold);
  for (Index i = 0; i < images_.rows(); ++i) {
    EXPECT_TRUE(logits(mean).row(i).isApprox(
        (alone.row(i).array() - alone.row(i).maxCoeff()).matrix(), 1e-3F));
  }
}

TEST_F(MeanOfModels, OfOneModelIsThatModel) {
  const AdaptedModel one(model_, unified_prompt(model_), kNames);
  const Matrix mean = logits(AdaptedModel::mean_of({one})), alone = logits(one);
  for (Index i = 0; i < images_.rows(); ++i) {
    EXPECT_TRUE(softmax(mean.row(i)).isApprox(softmax(alone.row(i)), 1e-5));
  }
}

TEST_F(MeanOfModels, RawLogitsAreTheMeanOfItsPartsWhateverTheTemperatures) {
  PromptFile file = pair();
  file.temperature = 3;
  file.partners[0].temperature = 2;
  const AdaptedModel mean(model_, file, kNames);
  const Matrix expected =
      (logits(unified_prompt(model_, 1)) + logits(unified_prompt(model_, 2))) / 2;
  EXPECT_TRUE(mean.scores_of_frozen(images_).raw.isApprox(expected, 1e-5F));
  EXPECT_EQ(mean.scores_of_frozen(images_).logits, logits(mean));
  EXPECT_EQ(mean.cosine_scale(), model_.logit_scale());
}

TEST_F(MeanOfModels, ServesWhatAllPartsServe) {
  PromptFile file = unified_prompt(model_);
  file.partners = {class_bound_prompt(model_, kNames)};
  EXPECT_NO_THROW(AdaptedModel(model_, file, kNames));
  EXPECT_THAT(testing::error_of([&] {
                AdaptedModel(model_, file, {"cat", "dog"});
              }),
              HasSubstr("no other class list"));
}

TEST_F(MeanOfModels, HasNoClassMatrix) {
  const AdaptedModel mean(model_, pair(), kNames);
  EXPECT_THAT(testing::error_of([&] { mean.class_matrix(); }), HasSubstr("the mean of 2 models'"));
}

TEST_F(MeanOfModels, SeesImagesInOneWay) {
  PromptFile file = unified_prompt(model_);
  file.partners = {vision_prompt(1)};
  EXPECT_THAT(testing::error_of([&] { AdaptedModel(model_, file, kNames); }),
              HasSubstr("different tokens in the image tower"));
  file = vision_prompt(1);
  file.partners = {vision_prompt(2)};
  EXPECT_THAT(testing::error_of([&] { AdaptedModel(model_, file, kNames); }),
              HasSubstr("different tokens in the image tower"));
  file.partners = {vision_prompt(1)};
  const Index size = model_.shape().patch * model_.shape().grid;
  const Matrix pixels = Random(5).normal_matrix(2, 3 * size * size, 1);
  const AdaptedModel same(model_, file, kNames), alone(model_, first_part(file), kNames);
  EXPECT_TRUE(softmax(same.logits_of_pixels(pixels).row(1))
                  .isApprox(softmax(alone.logits_of_pixels(pixels).row(1)), 1e-5));
}

TEST_F(MeanOfModels, IsOfOneClassListAndBackbone) {
  const AdaptedModel one(model_, unified_prompt(model_), kNames);
  const AdaptedModel other(model_, unified_prompt(model_), {"cat", "dog"});
  EXPECT_THAT(testing::error_of([&] {
                AdaptedModel::mean_of({one, other});
              }),
              HasSubstr("different class lists"));
  EXPECT_THAT(testing::error_of([] { AdaptedModel::mean_of({}); }), HasSubstr("no models"));
  PromptFile file = pair();
  file.partners[0].identity = 7;
  EXPECT_THAT(testing::error_of([&] { AdaptedModel(model_, file, kNames); }),
              HasSubstr("learned on the backbone 0000000000000007"));
}

// Neither a temperature nor a partner changes a class matrix: each part's is kept once.
TEST_F(MeanOfModels, KeepsEachPartsClassMatrixInTheCache) {
  const testing::TemporaryFolder folder;
  const auto store = FeatureStore::open(folder / "cache");
  PromptFile file = pair();
  const AdaptedModel first(model_, file, kNames, store);
  EXPECT_EQ(store->entries(), 2u);
  file.temperature = 2;
  const AdaptedModel again(model_, file, kNames, store);
  const AdaptedModel alone(model_, file.partners[0], kNames, store);
  EXPECT_EQ(store->entries(), 2u);
  EXPECT_EQ(logits(again), Matrix(logits(first) / 2));
}

}  // namespace
}  // namespace qprompt
