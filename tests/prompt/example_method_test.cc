// The method of docs/adding_a_method.md, word for word: what the document shows must work.

#include <gtest/gtest.h>

#include "qprompt/prompt/context_words.h"
#include "qprompt/prompt/prompted_clip.h"
#include "tests/prompt/prompt_test.h"

namespace qprompt {
namespace {

class ScaledWords : public PromptLearner {
 public:
  explicit ScaledWords(const Model& model) : context_(4, "a photo of a", model) {
    Random unused(0);
    words_ = context_.initial_value(unused);  // [4, width]
  }
  std::vector<ParameterSpec> parameters(const ClassTokens&) const override {
    return {{"gain", words_.rows(), 1, ParameterKind::kContext}};
  }
  ParameterMap initial_values(const ClassTokens&, std::uint64_t) const override {
    return {{"gain", Matrix::Ones(words_.rows(), 1)}};
  }
  TextLayout layout(const ClassTokens& classes) const override { return context_.layout(classes); }

  // v_m = g_m e_m
  Prompts prompts(const ParameterMap& values, const PromptInputs&) const override {
    return {{{values.at("gain").col(0).asDiagonal() * words_, {}}}, {}};
  }
  // d_g_m = <d_v_m, e_m>
  ParameterMap pull_back(const ParameterMap&, const PromptInputs&,
                         const Prompts& d_prompts) const override {
    return {{"gain", d_prompts.text.front().rows.cwiseProduct(words_).rowwise().sum()}};
  }

 private:
  ContextWords context_;
  Matrix words_;
};

struct ScaledWordsConfig {
  std::string ctx_init = "a photo of a";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("ctx_init", ctx_init, "words whose embeddings are scaled");
  }
};
// It has no n_ctx to be settled with its words.
static_assert(!StartsFromWords<ScaledWordsConfig> && StartsFromWords<CoOpConfig>);

class ExampleMethod : public PromptTest {};

TEST_F(ExampleMethod, StartsAsTheTemplate) {
  const ScaledWords learner(model_);
  const ClassTokens names = classes({"cat", "dog"});
  const Prompts prompts = learner.prompts(learner.initial_values(names, 1), {names, Matrix()});
  EXPECT_EQ(prompts.text.front().rows, embeddings("a photo of a").topRows(4));
}

// The logits are smooth in four gains: central differences in float agree to a few thousandths.
TEST_F(ExampleMethod, PullsBackThroughTheTower) {
  const auto learner = std::make_shared<const ScaledWords>(model_);
  const PromptedClip clip(model_, learner, {"cat", "dog", "red_car"});
  PromptedWorkspace workspace(model_.device());
  Random random(3);
  const ImageBatch images{UnitRows(random.normal_matrix(2, model_.shape().embed, 1.0)).unit, {}};
  const Matrix d_logits = random.normal_matrix(2, 3, 1.0);
  ParameterMap values = learner->initial_values(clip.classes(), 1);
  PromptedPass pass = clip.forward(values, images, workspace, Keep::kForPullBack);
  const Matrix gradient = pass.pull_back({{}, {}, d_logits}).at("gain");

  const auto objective = [&](Index m, float gain) {
    values["gain"](m, 0) = gain;
    const Matrix logits = clip.forward(values, images, workspace, Keep::kNothing).outputs().logits;
    values["gain"](m, 0) = 1;
    return logits.cast<double>().cwiseProduct(d_logits.cast<double>()).sum();
  };
  constexpr float kStep = 0.05f;
  for (Index m = 0; m < gradient.rows(); ++m) {
    const double expected = (objective(m, 1 + kStep) - objective(m, 1 - kStep)) / (2 * kStep);
    EXPECT_NEAR(gradient(m, 0), expected, 5e-3 * gradient.cwiseAbs().maxCoeff()) << "gain " << m;
  }
}

}  // namespace
}  // namespace qprompt
