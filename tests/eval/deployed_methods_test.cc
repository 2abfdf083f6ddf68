// A learned prompt of any method at work: from its file, for its own and other classes.

#include "qprompt/clip/similarity.h"
#include "qprompt/core/random.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/prompt/zero_shot.h"
#include "qprompt/train/learn.h"
#include "qprompt/train/training_sets.h"
#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"
#include "tests/support/small_methods.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class DeployedMethods : public ::testing::TestWithParam<testing::NamedMethod> {
 protected:
  DeployedMethods() {
    data_.class_names = {"cat", "dog", "fish", "photo", "bird"};  // the model reads letters
    data_.test = first_of_each(data_.test, 5, 1);
    config_.method = GetParam().config;
    config_.shots = 2;
    config_.views = 2;
    config_.training.epochs = 1;
    config_.training.batch_size = 4;
    config_.training.optimizer.warmup_epochs = 0;
    config_.training.quantizer.bits = "ctx=2,projection=3";
  }

  Learned learned(QuantizerKind kind = QuantizerKind::kKMeans) {
    config_.training.quantizer.kind = kind;
    return learn(model_, data_, config_);
  }
  Matrix logits(const Model& model, const PromptFile& prompt) const {
    return logits(AdaptedModel(model, prompt, data_.class_names));
  }
  Matrix logits(const AdaptedModel& adapted, const FeatureOptions& options = {}) const {
    return adapted.logits(adapted.features(images(), options));
  }
  std::vector<ImageSource> images() const {
    std::vector<ImageSource> images;
    for (const Item& item : data_.test) images.push_back(item.image);
    return images;
  }
  bool bound() const { return make_learner(config_.method, model_)->class_bound(); }

  static Model small_model() { return testing::random_model(1, testing::float32(1)); }

  const Model model_ = small_model();
  Dataset data_ = small_demo_data();
  LearnConfig config_;
  const testing::TemporaryFolder folder_;
};

TEST_P(DeployedMethods, ScoreTheSameFromTheirFile) {
  for (const auto kind : {QuantizerKind::kNone, QuantizerKind::kKMeans}) {
    const Learned learned = this->learned(kind);
    save_prompt_file(learned.prompt, folder_ / "prompt.qprompt");
    const PromptFile loaded = load_prompt_file(folder_ / "prompt.qprompt");
    EXPECT_EQ(values(loaded), values(learned.prompt));
    EXPECT_EQ(to_bytes(loaded), to_bytes(learned.prompt));
    EXPECT_EQ(logits(small_model(), loaded), logits(model_, learned.prompt));
  }
}

// Features of deployed images are rounded to fp16, and logits are ten times a cosine.
TEST_P(DeployedMethods, ScoreAsTheClipThatTheyWereLearnedIn) {
  const Learned learned = this->learned();
  const PromptedClip clip(model_, make_learner(config_.method, model_, learned.prompt.seen),
                          data_.class_names);
  const PreparedSet images =
      prepare_validation_set(model_, data_.test, image_needs(model_, config_), {});
  const Batch batch = consecutive_views(images.set, 0, images.set.images());
  PromptedWorkspace workspace(model_.device());
  const ParameterMap deployed = values(learned.prompt);
  const Matrix expected =
      clip.forward(deployed, batch.images, workspace, Keep::kNothing).outputs().logits;
  EXPECT_LT((logits(model_, first_part(learned.prompt)) - expected).cwiseAbs().maxCoeff(), 0.02f);
}

TEST_P(DeployedMethods, StoreBiasesAsFp16AndTheRestInTheBitsOfTheirKind) {
  const Learned learned = this->learned();
  const auto learner = make_learner(config_.method, model_, learned.prompt.seen);
  const auto classes = tokenize_classes(model_, data_.class_names);
  std::map<std::string, int> expected;
  for (const ParameterSpec& spec : learner->parameters(classes)) {
    expected[spec.name] = spec.kind == ParameterKind::kBias      ? 16
                          : spec.kind == ParameterKind::kContext ? 2
                                                                 : 3;
  }
  std::map<std::string, int> stored;
  for (const StoredMatrix& matrix : learned.prompt.matrices) {
    stored[matrix.name] = bits_per_value(matrix);
  }
  EXPECT_EQ(stored, expected);
}

TEST_P(DeployedMethods, ServeOtherClassesUnlessTheyAreBound) {
  const Learned learned = this->learned();
  const std::vector<std::string> others{"red cat", "dog"};
  if (bound()) {
    EXPECT_THAT(testing::error_of([&] { AdaptedModel(model_, learned.prompt, others); }),
                ::testing::AnyOf(HasSubstr("no other class list"), HasSubstr("'red cat'")));
    return;
  }
  const Matrix scores = logits(AdaptedModel(model_, learned.prompt, others));
  ASSERT_EQ(scores.cols(), 2);
  // A class's score does not depend on the others.
  EXPECT_TRUE(scores.col(1).isApprox(logits(model_, learned.prompt).col(1), 1e-4f));
}

TEST_P(DeployedMethods, ClassifyAsTheyScore) {
  const Learned learned = this->learned();
  const AdaptedModel adapted(model_, learned.prompt, data_.class_names);
  const auto answers = classify(adapted, images());
  const std::vector<int> best = predictions(logits(adapted));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].scores.front().class_name, data_.class_names[best[i]]);
  }
}

TEST_P(DeployedMethods, ScoreTheSameThroughACache) {
  const Learned learned = this->learned();
  FeatureOptions options;
  options.cache = FeatureStore::open(folder_ / "cache");
  const auto scores = [&] {
    return logits(AdaptedModel(model_, learned.prompt, data_.class_names, options.cache), options);
  };
  // The frozen tower's features lie in the same store.
  AdaptedModel::zero_shot(model_, {"{}"}, data_.class_names).features(images(), options);
  const Matrix first = scores();
  EXPECT_TRUE(first.isApprox(logits(model_, learned.prompt), 1e-3f));
  EXPECT_EQ(scores(), first);
}

TEST_P(DeployedMethods, RefuseAnotherBackbone) {
  const Learned learned = this->learned();
  const Model other = testing::random_model(2, testing::float32(1));
  EXPECT_THAT(testing::error_of([&] { AdaptedModel(other, learned.prompt, data_.class_names); }),
              HasSubstr("backbone"));
}

// Whoever wrote the file.
TEST_P(DeployedMethods, RefuseMatricesThatAreNotTheirs) {
  const PromptFile good = learned(QuantizerKind::kNone).prompt;
  const auto refused = [&](const PromptFile& prompt) {
    const auto cache = FeatureStore::open(folder_ / "cache");
    EXPECT_THROW(AdaptedModel(model_, prompt, data_.class_names), Error);
    EXPECT_THROW(AdaptedModel(model_, prompt, data_.class_names, cache), Error);
  };
  for (std::size_t i = 0; i < good.matrices.size(); ++i) {
    SCOPED_TRACE(good.matrices[i].name);
    PromptFile missing = good, wider = good, renamed = good;
    missing.matrices.erase(missing.matrices.begin() + static_cast<std::ptrdiff_t>(i));
    wider.matrices[i].content =
        Matrix(Matrix::Zero(rows(good.matrices[i]), cols(good.matrices[i]) + 1));
    renamed.matrices[i].name = "another";
    for (const PromptFile& prompt : {missing, wider, renamed}) refused(prompt);
  }
  PromptFile more = good;
  more.matrices.push_back({"more", Matrix(Matrix::Zero(1, 1))});
  refused(more);
}

INSTANTIATE_TEST_SUITE_P(All, DeployedMethods, ::testing::ValuesIn(testing::small_methods()),
                         [](const auto& tested) { return tested.param.name; });
INSTANTIATE_TEST_SUITE_P(OnFeatures, DeployedMethods,
                         ::testing::ValuesIn(testing::feature_methods()),
                         [](const auto& tested) { return tested.param.name; });

class FeatureMethodsTest : public DeployedMethods {};

TEST_P(FeatureMethodsTest, RememberTheClassesThatTheyNeedInTheirFile) {
  const PromptFile prompt = prompt_file_from_bytes(to_bytes(learned().prompt), "p.qprompt");
  SeenClasses expected;
  for (const std::string& name : data_.class_names) expected.push_back({name, 2});
  const bool knows_no_class = std::holds_alternative<ClipAdapterConfig>(config_.method);
  EXPECT_EQ(prompt.seen, knows_no_class ? SeenClasses{} : expected);
  EXPECT_EQ(prompt.class_list, 0u);
}

// A list may be any part of the classes seen, in any order: a class's score stays what it is.
TEST_P(FeatureMethodsTest, ServeAPartOfTheirClasses) {
  const PromptFile prompt = learned().prompt;
  const Matrix all = logits(model_, prompt);
  const Matrix part = logits(AdaptedModel(model_, prompt, {"bird", "dog"}));
  EXPECT_TRUE(part.col(0).isApprox(all.col(4), 1e-4f));
  EXPECT_TRUE(part.col(1).isApprox(all.col(1), 1e-4f));
}

TEST_P(FeatureMethodsTest, AreAClassMatrixOrSayWhyNot) {
  const AdaptedModel adapted(model_, learned().prompt, data_.class_names);
  const bool is_matrix = std::holds_alternative<ClassMeansConfig>(config_.method) ||
                         std::holds_alternative<ClapConfig>(config_.method);
  if (is_matrix) {
    const AdaptedModel same =
        AdaptedModel::with_class_matrix(model_, adapted.class_matrix(), data_.class_names);
    EXPECT_EQ(logits(same.with_temperature(adapted.temperature())), logits(adapted));
  } else {
    EXPECT_THAT(testing::error_of([&] { adapted.class_matrix(); }), HasSubstr("more than cosines"));
  }
}

// As many steps as they have epochs for, or none.
TEST_P(FeatureMethodsTest, LearnInEpochsOrInNone) {
  const Learned learned = this->learned();
  EXPECT_EQ(learned.steps, learns_by_steps(config_.method) ? 2 : 0);
  EXPECT_EQ(std::ssize(learned.epochs), learns_by_steps(config_.method) ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(All, FeatureMethodsTest, ::testing::ValuesIn(testing::feature_methods()),
                         [](const auto& tested) { return tested.param.name; });

AdaptedModel random_prompt(const Model& model, const MethodConfig& method,
                           const std::vector<std::string>& names) {
  const PromptedClip clip(model, make_learner(method, model), names, kernels::Differentiable::kNo);
  return AdaptedModel::of(clip, clip.learner().initial_values(clip.classes(), 1));
}

const std::vector<std::string> kTwoNames{"cat", "dog"};
const CoCoOpConfig kCoCoOp{.n_ctx = 2, .ctx_init = "", .reduction = 4};

TEST(AdaptedModelTest, WithTextsForEveryImageDependsOnThatImageAlone) {
  const Model model = testing::random_model();
  const AdaptedModel adapted = random_prompt(model, kCoCoOp, kTwoNames);
  const Matrix images = UnitRows(Random(2).normal_matrix(3, model.shape().embed, 1)).unit;
  const Matrix together = adapted.logits_of_frozen(images);
  for (Index i = 0; i < 3; ++i) {
    EXPECT_EQ(adapted.logits_of_frozen(images.row(i)), Matrix(together.row(i)));
  }
  EXPECT_EQ(adapted.logits_of_frozen(Matrix(0, model.shape().embed)).rows(), 0);
  EXPECT_THROW(adapted.logits_of_frozen(Matrix::Zero(1, 3)), Error);
}

TEST(AdaptedModelTest, SaysWhereAClassMatrixAloneDoesNotHoldIt) {
  const Model model = testing::random_model();
  EXPECT_THAT(testing::error_of([&] { random_prompt(model, kCoCoOp, kTwoNames).class_matrix(); }),
              HasSubstr("texts depend on the image"));
  const MaPLeConfig maple{.n_ctx = 2, .ctx_init = ""};
  EXPECT_THAT(testing::error_of([&] { random_prompt(model, maple, kTwoNames).class_matrix(); }),
              HasSubstr("tokens in the image tower"));
  EXPECT_EQ(
      random_prompt(model, CoOpConfig{.n_ctx = 2, .ctx_init = ""}, kTwoNames).class_matrix().rows(),
      2);
}

// One half of a MaPLe prompt with the other half of nothing, or of another one.
TEST(AdaptedModelTest, RefusesFeaturesThatAnotherImageSideEncoded) {
  const Model model = testing::random_model();
  const std::vector<ImageSource> image{testing::demo_pictures(1).front()};
  const MaPLeConfig method{.n_ctx = 2, .ctx_init = ""};
  const AdaptedModel maple = random_prompt(model, method, kTwoNames);
  const AdaptedModel vpt = random_prompt(
      model, VptConfig{.n_ctx_vision = 2, .depth_vision = 1, .text_template = "{}"}, kTwoNames);
  const AdaptedModel zero_shot = AdaptedModel::zero_shot(model, {"{}"}, kTwoNames);
  const AdaptedModel elsewhere =
      AdaptedModel::zero_shot(testing::random_model(2), {"{}"}, kTwoNames);
  const AdaptedModel coop = random_prompt(model, CoOpConfig{.n_ctx = 2, .ctx_init = ""}, kTwoNames);
  for (const AdaptedModel* other : {&vpt, &zero_shot, &elsewhere}) {
    EXPECT_THAT(testing::error_of([&] { maple.logits(other->features(image)); }),
                HasSubstr("another image side"));
    EXPECT_THAT(testing::error_of([&] { other->logits(maple.features(image)); }),
                HasSubstr("another image side"));
  }
  EXPECT_NO_THROW(coop.logits(zero_shot.features(image)));
  EXPECT_THAT(
      testing::error_of([&] { maple.logits_of_frozen(Matrix::Ones(1, model.shape().embed)); }),
      HasSubstr("learned tokens"));
}

TEST(AdaptedModelTest, OfTemplatesScoresByTheirCosines) {
  const Model model = testing::random_model();
  const std::vector<std::string> templates{"a {}", "photo {}."};
  const Matrix images = UnitRows(Random(2).normal_matrix(3, model.shape().embed, 1)).unit;
  const AdaptedModel adapted = AdaptedModel::zero_shot(model, templates, kTwoNames);
  EXPECT_FALSE(adapted.prompts_images());
  EXPECT_EQ(
      adapted.logits_of_frozen(images),
      cosine_logits(images, zero_shot_texts(model, templates, kTwoNames), model.logit_scale()));
}

}  // namespace
}  // namespace qprompt
