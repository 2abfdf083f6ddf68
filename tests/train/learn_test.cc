#include "qprompt/train/temperature.h"
#include "qprompt/train/training_sets.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/inference/predictions.h"
#include "tests/support/errors.h"
#include "tests/train/demo_set.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class Learn : public ::testing::Test {
 protected:
  // Two training images a class and one to look at after every epoch, of three classes.
  Learn() {
    data_.name = "pictures";
    data_.class_names = {"cat", "dog", "fish"};
    const auto pictures = testing::demo_pictures(9);
    for (int i = 0; i < 9; ++i) (i < 6 ? data_.train : data_.val).push_back({pictures[i], i % 3});
    config_.method = CoOpConfig{.n_ctx = 2, .ctx_init = ""};
    config_.shots = 2;
    config_.views = 2;
    config_.training.epochs = 3;
    config_.training.batch_size = 3;
  }

  ImageNeeds needs(const MethodConfig& method, RegularizerKind regularizer) {
    config_.method = method;
    config_.training.regularizer.kind = regularizer;
    return image_needs(model_, config_);
  }

  Matrix tower_features(const TrainingSet& set) const {
    std::vector<Index> rows;
    for (Index i = 0; i < set.pixels->views(); ++i) rows.push_back(i);
    ImageWorkspace workspace(model_.device());
    return UnitRows(model_.image_tower()->forward(set.pixels->pixels(rows), {}, workspace)).unit;
  }

  const Model model_ = testing::random_model(1, testing::float32(1));
  Dataset data_;
  LearnConfig config_;
};

TEST_F(Learn, TakesFeaturesOrPixelsOrBothAsMethodAndRegularizerNeedThem) {
  const MethodConfig coop = CoOpConfig{.n_ctx = 2, .ctx_init = ""}, vpt = VptConfig{};
  EXPECT_EQ(needs(coop, RegularizerKind::kNone), (ImageNeeds{true, false, 2, false}));
  EXPECT_EQ(needs(coop, RegularizerKind::kPromptSrc), (ImageNeeds{true, false, 2, false}));
  EXPECT_EQ(needs(vpt, RegularizerKind::kNone), (ImageNeeds{false, true, 2, false}));
  EXPECT_EQ(needs(vpt, RegularizerKind::kKgCoOp), (ImageNeeds{false, true, 2, false}));
  EXPECT_EQ(needs(vpt, RegularizerKind::kProGrad), (ImageNeeds{true, true, 2, false}));
  EXPECT_EQ(needs(vpt, RegularizerKind::kPromptSrc), (ImageNeeds{true, true, 2, false}));
  config_.views = 0;
  EXPECT_EQ(needs(coop, RegularizerKind::kNone), (ImageNeeds{true, false, 3, true}));
}

// There are no epochs to draw fresh views for.
TEST_F(Learn, TakesImagesAsTheyAreForAMethodWithoutSteps) {
  config_.method = ClassMeansConfig{};
  EXPECT_EQ(image_needs(model_, config_), (ImageNeeds{true, false, 2, false}));
  config_.views = 0;
  const ImageNeeds needs = image_needs(model_, config_);
  EXPECT_TRUE(needs.evaluation_view);
  const PreparedSet training = prepare_training_set(model_, data_.val, needs, 1, {});
  EXPECT_EQ(training.set.features,
            prepare_validation_set(model_, data_.val, needs, {}).set.features);
}

TEST_F(Learn, PreparesFeaturesAndPixelsOfTheSameViews) {
  const PreparedSet prepared =
      prepare_training_set(model_, data_.train, {true, true, 2, false}, 1, {});
  EXPECT_EQ(prepared.set.labels, (std::vector<int>{0, 1, 2, 0, 1, 2}));
  ASSERT_EQ(prepared.set.features.rows(), 12);
  EXPECT_NO_THROW(require_consistent(prepared.set));
  EXPECT_TRUE(tower_features(prepared.set).isApprox(prepared.set.features, 1e-3f));
  EXPECT_NE(Matrix(prepared.set.features.row(0)), Matrix(prepared.set.features.row(1)));
}

TEST_F(Learn, PreparesTheEvaluationViewOfValidationImages) {
  ImageNeeds needs{true, true, 5, true};
  const PreparedSet pixels = prepare_validation_set(model_, data_.val, needs, {});
  needs.pixels = false;
  const PreparedSet features = prepare_validation_set(model_, data_.val, needs, {});
  EXPECT_EQ(pixels.set.views, 1);
  EXPECT_TRUE(tower_features(pixels.set).isApprox(features.set.features, 1e-3f));
}

TEST_F(Learn, KeepsLabelsBesideTheirImagesWhereOneIsSkipped) {
  const testing::TemporaryFolder folder;
  data_.train[1].image = folder.file("empty.webp", "");
  FeatureOptions options;
  options.skip_bad_images = true;
  for (const bool pixels : {false, true}) {
    const PreparedSet prepared =
        prepare_training_set(model_, data_.train, {!pixels, pixels, 2, false}, 1, options);
    EXPECT_EQ(prepared.set.labels, (std::vector<int>{0, 2, 0, 1, 2}));
    EXPECT_THAT(prepared.skipped, ::testing::ElementsAre(HasSubstr("empty.webp")));
    EXPECT_NO_THROW(require_consistent(prepared.set));
  }
}

TEST_F(Learn, GoesOnFromAStateAsIfItHadNotBeenInterrupted) {
  for (const MethodConfig& method :
       {MethodConfig(CoOpConfig{.n_ctx = 2, .ctx_init = ""}),
        MethodConfig(MaPLeConfig{.n_ctx = 2, .ctx_init = "", .depth = 2})}) {
    config_.method = method;
    std::vector<TrainingState> states;
    Observer observer;
    observer.on_state = [&](const TrainingState& state) { states.push_back(state); };
    const Learned whole = learn(model_, data_, config_, {}, observer);
    const Learned resumed = learn(model_, data_, config_, {}, {}, &states[1]);
    EXPECT_EQ(to_bytes(resumed.prompt), to_bytes(whole.prompt));
    EXPECT_EQ(resumed.steps, whole.steps);
    EXPECT_EQ(resumed.clusterings, whole.clusterings);
  }
}

TEST_F(Learn, ChoosesBitsAndSaysWhy) {
  config_.method = MaPLeConfig{.n_ctx = 2, .ctx_init = "", .depth = 2};
  config_.training.quantizer.bits = "ctx=auto,projection=3";
  const Learned learned = learn(model_, data_, config_);
  ASSERT_EQ(learned.bits_reasons.size(), 1u);
  EXPECT_THAT(learned.bits_reasons.front(), HasSubstr("of 3 validation images"));
  std::map<std::string, int> bits;
  for (const StoredMatrix& matrix : learned.prompt.matrices) {
    bits[matrix.name] = bits_per_value(matrix);
  }
  EXPECT_THAT(learned.bits_reasons.front(),
              HasSubstr("ctx: " + std::to_string(bits.at("ctx")) + " bit"));
  EXPECT_EQ(bits.at("compound_prompts_text.0"), bits.at("ctx"));
  EXPECT_EQ(bits.at("proj.weight"), 3);
}

TEST_F(Learn, FitsATemperatureToWhatItDeploysOnImagesItDidNotLearnFrom) {
  const Learned learned = learn(model_, data_, config_);
  const PromptFile alone = first_part(learned.prompt);
  const AdaptedModel deployed(model_, alone, learned.class_names);
  std::vector<ImageSource> images;
  std::vector<int> labels;
  for (const Item& item : data_.val) {
    images.push_back(item.image);
    labels.push_back(item.label);
  }
  const double fitted =
      fit_temperature(deployed.logits(deployed.features(images)), labels).temperature;
  EXPECT_NE(fitted, 1);
  EXPECT_NEAR(learned.temperature, fitted, 1e-4);
  EXPECT_EQ(learned.prompt.temperature, learned.temperature);
  EXPECT_THAT(learned.temperature_reason, HasSubstr("fitted on 3 validation images, NLL "));
  config_.temperature = false;
  const Learned plain = learn(model_, data_, config_);
  EXPECT_EQ(to_bytes(plain.prompt), to_bytes(alone));
  EXPECT_EQ(plain.temperature_reason, "not asked for");
}

TEST_F(Learn, WithoutValidationImagesFitsNoTemperature) {
  data_.val.clear();
  const Learned learned = learn(model_, data_, config_);
  EXPECT_EQ(learned.prompt.temperature, 1);
  EXPECT_EQ(learned.temperature_reason, "no validation images");
}

TEST_F(Learn, DoesNotWatchValidationImagesForATemperature) {
  std::vector<double> validation;
  Observer observer;
  observer.on_epoch = [&](const EpochReport& report) { validation.push_back(report.validation); };
  learn(model_, data_, config_, {}, observer);
  EXPECT_THAT(validation, ::testing::Each(::testing::Lt(0)));
}

TEST_F(Learn, NeedsValidationImagesWhereItLooksAtThem) {
  data_.val.clear();
  EXPECT_NO_THROW(learn(model_, data_, config_));
  config_.training.model_choice = ModelChoice::kBestVal;
  EXPECT_THAT(testing::error_of([&] { learn(model_, data_, config_); }),
              ::testing::AllOf(HasSubstr("pictures"), HasSubstr("best_val")));
}

TEST_F(Learn, TellsWhoseEpochWasChosen) {
  config_.training.model_choice = ModelChoice::kBestVal;
  config_.training.optimizer.lr = config_.training.optimizer.warmup_lr = 0;
  EXPECT_EQ(learn(model_, data_, config_).chosen_epoch, 1) << "no later epoch is better";
  config_.training.model_choice = ModelChoice::kLastEpoch;
  EXPECT_EQ(learn(model_, data_, config_).chosen_epoch, 3);
}

// Validation images are of the classes that zero-shot takes them for, so nothing can be better.
TEST_F(Learn, HandsOverZeroShotWhereNoEpochIsBetter) {
  const auto words = AdaptedModel::zero_shot(model_, {"a photo of a {}."}, data_.class_names);
  for (Item& item : data_.val) {
    const Matrix logits = words.logits(words.features(std::vector<ImageSource>{item.image}));
    item.label = predictions(logits).front();
  }
  config_.training.model_choice = ModelChoice::kBestOrZeroShot;
  config_.method = CoOpConfig{};
  const Learned learned = learn(model_, data_, config_);
  ASSERT_EQ(learned.chosen_epoch, 0);
  EXPECT_EQ(learned.zero_shot_validation, 1);
  const AdaptedModel prompt(model_, learned.prompt, data_.class_names);
  EXPECT_TRUE(prompt.class_matrix().isApprox(words.class_matrix(), 1e-3f));
}

// Of every other image, for a learner with features and pixels.
TEST_F(Learn, PartsOfASetShowTheSameViews) {
  const TrainingSet whole =
      prepare_training_set(model_, data_.train, {true, true, 2, false}, 1, {}).set;
  const std::vector<Index> images{5, 1};
  const TrainingSet part = part_of(whole, images, {7, 8});
  EXPECT_NO_THROW(require_consistent(part));
  const Batch views = consecutive_views(part, 0, 4);
  EXPECT_EQ(views.labels, (std::vector<int>{7, 7, 8, 8}));
  for (const auto& [place, image] : {std::pair<Index, Index>{0, 5}, {1, 1}}) {
    const Batch expected = consecutive_views(whole, 2 * image, 2);
    EXPECT_EQ(Matrix(views.images.unit_features.middleRows(2 * place, 2)),
              expected.images.unit_features);
    EXPECT_EQ(Matrix(views.images.pixels.middleRows(2 * place, 2)), expected.images.pixels);
  }
}

TEST(ZeroShotConfig, HasTheWordsThatCoOpStartsFrom) {
  LearnConfig config;
  config.method = CoOpConfig{.n_ctx = 4, .ctx_init = "a satellite photo of"};
  EXPECT_EQ(zero_shot_template(config), "a satellite photo of {}.");
  EXPECT_EQ(std::get<CoOpConfig>(zero_shot_config(config).method).n_ctx, 4);
  config.method = CoOpConfig{.n_ctx = 16, .ctx_init = ""};
  EXPECT_EQ(zero_shot_template(config), "a photo of a {}.");
}

}  // namespace
}  // namespace qprompt
