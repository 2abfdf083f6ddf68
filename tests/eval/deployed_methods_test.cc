// A learned prompt of any method at work: from its file, for its own and other classes.

#include "qprompt/clip/similarity.h"
#include "qprompt/core/random.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/prompt/text_features.h"
#include "qprompt/serve/classifier.h"
#include "qprompt/train/learn.h"
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
    const Deployment deployed = deploy(model, prompt, data_.class_names);
    FeatureOptions options;
    options.prompts = deployed.vision;
    return deployed.head.logits(labelled_features(model, data_.test, options).unit);
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
  const auto learner = make_learner(config_.method, model_);
  const PromptedClip clip(model_, *learner, data_.class_names);
  const PreparedSet images =
      prepare_validation_set(model_, data_.test, image_needs(model_, config_), {});
  const Batch batch = consecutive_views(images.set, 0, images.set.images());
  PromptedWorkspace workspace(model_.device());
  const Matrix expected =
      clip.forward(values(learned.prompt), batch.images, workspace, Keep::kNothing)
          .outputs()
          .logits;
  EXPECT_LT((logits(model_, learned.prompt) - expected).cwiseAbs().maxCoeff(), 0.02f);
}

TEST_P(DeployedMethods, StoreBiasesAsFp16AndTheRestInTheBitsOfTheirKind) {
  const Learned learned = this->learned();
  const auto learner = make_learner(config_.method, model_);
  const auto classes =
      tokenize_classes(model_.tokenizer(), data_.class_names, model_.shape().context_length);
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
    EXPECT_THAT(testing::error_of([&] { deploy(model_, learned.prompt, others); }),
                HasSubstr("no other class list"));
    return;
  }
  const Deployment deployed = deploy(model_, learned.prompt, others);
  FeatureOptions options;
  options.prompts = deployed.vision;
  const Matrix scores = deployed.head.logits(labelled_features(model_, data_.test, options).unit);
  ASSERT_EQ(scores.cols(), 2);
  // A class's score does not depend on the others.
  EXPECT_TRUE(scores.col(1).isApprox(logits(model_, learned.prompt).col(1), 1e-4f));
}

TEST_P(DeployedMethods, ClassifyAsTheyScore) {
  const Learned learned = this->learned();
  std::vector<std::filesystem::path> paths;
  for (const Item& item : data_.test) paths.push_back(item.path);
  const Classifier classifier(model_, learned.prompt, data_.class_names);
  const auto answers = classifier.classify(paths);
  const std::vector<int> best = predictions(logits(model_, learned.prompt));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(answers[i].scores.front().class_name, data_.class_names[best[i]]);
  }
}

TEST_P(DeployedMethods, ScoreTheSameThroughACache) {
  const Learned learned = this->learned();
  const auto scores = [&] {
    const Deployment deployed =
        deploy(model_, learned.prompt, data_.class_names, folder_ / "cache");
    FeatureOptions options;
    options.prompts = deployed.vision;
    options.cache = folder_ / "cache";
    return deployed.head.logits(labelled_features(model_, data_.test, options).unit);
  };
  FeatureOptions frozen;
  frozen.cache = folder_ / "cache";
  labelled_features(model_, data_.test, frozen);
  const Matrix first = scores();
  EXPECT_TRUE(first.isApprox(logits(model_, learned.prompt), 1e-3f));
  EXPECT_EQ(scores(), first);
}

TEST_P(DeployedMethods, RefuseAnotherBackbone) {
  const Learned learned = this->learned();
  const Model other = testing::random_model(2, testing::float32(1));
  EXPECT_THAT(testing::error_of([&] { deploy(other, learned.prompt, data_.class_names); }),
              HasSubstr("backbone"));
}

// Whoever wrote the file.
TEST_P(DeployedMethods, RefuseMatricesThatAreNotTheirs) {
  const PromptFile good = learned(QuantizerKind::kNone).prompt;
  const auto refused = [&](const PromptFile& prompt) {
    EXPECT_THROW(deploy(model_, prompt, data_.class_names), Error);
    EXPECT_THROW(deploy(model_, prompt, data_.class_names, folder_ / "cache"), Error);
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

TEST(ClassHead, OfTextsForEveryImageDependsOnThatImageAlone) {
  const Model model = testing::random_model();
  const std::vector<std::string> names{"cat", "dog"};
  const std::shared_ptr<const PromptLearner> learner =
      make_learner(CoCoOpConfig{.n_ctx = 2, .ctx_init = "", .reduction = 4}, model);
  const auto classes = tokenize_classes(model.tokenizer(), names, model.shape().context_length);
  const ClassHead head(model, learner, learner->initial_values(classes, 1), names);
  const Matrix images = UnitRows(Random(2).normal_matrix(3, model.shape().embed, 1)).unit;
  const Matrix together = head.logits(images);
  for (Index i = 0; i < 3; ++i) {
    EXPECT_EQ(head.logits(Matrix(images.row(i))), Matrix(together.row(i)));
  }
  EXPECT_EQ(head.logits(Matrix(0, model.shape().embed)).rows(), 0);
  EXPECT_THROW(head.logits(Matrix::Zero(1, 3)), Error);
}

TEST(ClassHead, OfTextsForEveryImageHasNoClassMatrix) {
  const Model model = testing::random_model();
  const auto learner = make_learner(CoCoOpConfig{.n_ctx = 2, .ctx_init = ""}, model);
  EXPECT_THAT(testing::error_of([&] { class_features(model, *learner, {}, {"cat"}); }),
              HasSubstr("no class matrix"));
}

TEST(ZeroShot, ScoresByTheCosinesOfItsTemplates) {
  const Model model = testing::random_model();
  const std::vector<std::string> names{"cat", "dog"}, templates{"a {}", "photo {}."};
  const Matrix images = UnitRows(Random(2).normal_matrix(3, model.shape().embed, 1)).unit;
  const Deployment deployed = deploy_templates(model, templates, names);
  EXPECT_EQ(deployed.vision.tokens.size(), 0);
  EXPECT_EQ(
      deployed.head.logits(images),
      cosine_logits(images, zero_shot_features(model, templates, names), model.logit_scale()));
}

}  // namespace
}  // namespace qprompt
