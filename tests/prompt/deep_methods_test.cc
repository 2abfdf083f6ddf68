// What VPT, IVLP, MaPLe and CoCoOp own, and where it enters.

#include "qprompt/core/random.h"
#include "tests/prompt/prompt_test.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DeepMethods : public PromptTest {
 protected:
  std::shared_ptr<const PromptLearner> learner(const MethodConfig& config) const {
    return make_learner(config, model_);
  }
  std::vector<std::string> names(const MethodConfig& config) const {
    std::vector<std::string> names;
    for (const auto& spec : learner(config)->parameters(classes_)) names.push_back(spec.name);
    return names;
  }
  ParameterMap start(const MethodConfig& config, std::uint64_t seed = 1) const {
    return learner(config)->initial_values(classes_, seed);
  }
  std::string refusal(const MethodConfig& config) const {
    return testing::error_of([&] { learner(config); });
  }

  const ClassTokens classes_ = classes({"cat", "photo album"});
};

TEST_F(DeepMethods, PromptEveryBlockDownToTheirDepth) {
  EXPECT_THAT(names(VptConfig{.depth_vision = 1}), ElementsAre("vision"));
  EXPECT_THAT(names(VptConfig{.depth_vision = 2}), ElementsAre("vision", "deep_vision.0"));
  EXPECT_THAT(names(IvlpConfig{.ctx_init = "", .depth_text = 3, .depth_vision = 1}),
              ElementsAre("ctx", "deep_text.0", "deep_text.1", "vision"));
  EXPECT_THAT(
      names(MaPLeConfig{.ctx_init = "", .depth = 2}),
      ElementsAre("ctx", "proj.weight", "proj.bias", "compound_prompts_text.0",
                  "compound_prompt_projections.0.weight", "compound_prompt_projections.0.bias"));
}

// The towers have 3 and 2 blocks.
TEST_F(DeepMethods, GoNoDeeperThanTheTower) {
  EXPECT_EQ(names(VptConfig{.depth_vision = 12}), names(VptConfig{.depth_vision = 2}));
  EXPECT_EQ(names(IvlpConfig{.ctx_init = "", .depth_text = 12, .depth_vision = 12}),
            names(IvlpConfig{.ctx_init = "", .depth_text = 3, .depth_vision = 2}));
  EXPECT_EQ(names(MaPLeConfig{.ctx_init = "", .depth = 9}),
            names(MaPLeConfig{.ctx_init = "", .depth = 2}));
}

TEST_F(DeepMethods, OwnNothingInAnImageTowerWithoutTokens) {
  const IvlpConfig language{.ctx_init = "", .depth_text = 2, .n_ctx_vision = 0};
  EXPECT_THAT(names(language), ElementsAre("ctx", "deep_text.0"));
  EXPECT_FALSE(learner(language)->prompts_images());
  EXPECT_TRUE(learner(IvlpConfig{.ctx_init = ""})->prompts_images());
}

TEST_F(DeepMethods, LearnTheFirstWordsAndKeepTheOthers) {
  const IvlpConfig config{.n_ctx = 2, .ctx_init = "a photo cat"};
  EXPECT_EQ(start(config).at("ctx"), embeddings("a photo"));
  const TextLayout layout = learner(config)->layout(classes_);
  const auto words = model_.tokenizer().encode("cat");
  EXPECT_THAT(layout.shared, ElementsAre(TextRow::token(classes_.start_token), TextRow::learned(0),
                                         TextRow::learned(1), TextRow::token(words.front())));
  EXPECT_EQ(layout.own.front(), learner(MaPLeConfig{.ctx_init = ""})->layout(classes_).own.front());
}

TEST_F(DeepMethods, StartAllProjectionsOfAMaPLeAsOne) {
  testing::TemporaryFolder folder;
  ClipShape deep = testing::small_clip_shape();
  deep.image.layers = 3;
  testing::write_random_model(folder.path(), deep);
  const Model model = Model::load(folder.path().string(), {testing::float32(), {}});
  const ParameterMap values =
      make_learner(MaPLeConfig{.ctx_init = "", .depth = 3}, model)->initial_values(classes_, 1);
  const std::string projections = "compound_prompt_projections.";
  EXPECT_EQ(values.at(projections + "0.weight"), values.at(projections + "1.weight"));
  EXPECT_EQ(values.at(projections + "0.bias"), values.at(projections + "1.bias"));
  EXPECT_NE(values.at(projections + "0.weight"), values.at("proj.weight"));
  EXPECT_NE(values.at("compound_prompts_text.0"), values.at("compound_prompts_text.1"));
}

// Uniform in +-1/sqrt(24): the deviation of 480 values is known to 2 %.
TEST_F(DeepMethods, StartLinearLayersAsPyTorchDoes) {
  const Matrix weight = start(MaPLeConfig{.ctx_init = ""}).at("proj.weight");
  const float bound = 1 / std::sqrt(24.0f);
  EXPECT_LE(weight.cwiseAbs().maxCoeff(), bound);
  EXPECT_NEAR(weight.norm() / std::sqrt(480.0f), bound / std::sqrt(3.0f), 0.05f * bound);
  EXPECT_NE(weight, start(MaPLeConfig{.ctx_init = ""}, 2).at("proj.weight"));
}

TEST_F(DeepMethods, NeverQuantizeBiases) {
  for (const ParameterSpec& spec : learner(MaPLeConfig{.ctx_init = ""})->parameters(classes_)) {
    const bool bias = spec.name.ends_with(".bias"), weight = spec.name.ends_with(".weight");
    EXPECT_EQ(spec.kind, bias     ? ParameterKind::kBias
                         : weight ? ParameterKind::kProjection
                                  : ParameterKind::kContext)
        << spec.name;
  }
}

TEST_F(DeepMethods, ReadClassesAsATemplateWhereNoTextIsLearned) {
  const TextLayout layout = learner(VptConfig{.text_template = "cat {}"})->layout(classes_);
  const TextLayout expected =
      template_layout(model_.tokenizer(), "cat {}", classes_.names, classes_.context_length);
  EXPECT_EQ(layout.shared, expected.shared);
  EXPECT_EQ(layout.own, expected.own);
}

TEST_F(DeepMethods, RefuseSizesThatAreNone) {
  EXPECT_THAT(refusal(VptConfig{.n_ctx_vision = 0}), HasSubstr("n_ctx_vision 0"));
  EXPECT_THAT(refusal(IvlpConfig{.ctx_init = "", .n_ctx_vision = -1}),
              HasSubstr("n_ctx_vision -1"));
  EXPECT_THAT(refusal(VptConfig{.depth_vision = 0}), HasSubstr("depth 0"));
  EXPECT_THAT(refusal(MaPLeConfig{.ctx_init = "", .depth = 0}), HasSubstr("depth 0"));
  EXPECT_THAT(refusal(MaPLeConfig{.n_ctx = 3, .ctx_init = "photo cat"}), HasSubstr("2 tokens"));
  EXPECT_THAT(refusal(CoCoOpConfig{.n_ctx = 1, .ctx_init = "photo cat"}), HasSubstr("2 words"));
  EXPECT_THAT(refusal(CoCoOpConfig{.ctx_init = "", .reduction = 17}), HasSubstr("reduction 17"));
  EXPECT_THAT(refusal(CoCoOpConfig{.ctx_init = "", .reduction = 0}), HasSubstr("reduction 0"));
}

TEST_F(DeepMethods, MoveACoCoOpContextByTheImage) {
  const auto cocoop = learner(CoCoOpConfig{.n_ctx = 2, .ctx_init = "", .reduction = 8});
  ParameterMap values = cocoop->initial_values(classes_, 1);
  const Matrix images = Random(1).normal_matrix(3, model_.shape().embed, 1.0);
  const auto rows = [&](Index image) {
    return cocoop->prompts(values, {classes_, images}).text.at(image).rows;
  };
  EXPECT_NE(rows(0), rows(1));
  // Both context tokens move alike.
  const Matrix moved = rows(2) - values.at("ctx");
  EXPECT_TRUE(moved.row(0).isApprox(moved.row(1), 1e-4f));
  values.at("meta_net.linear2.weight").setZero();
  EXPECT_EQ(rows(0), rows(1)) << "a network without weights sees no image";
  EXPECT_EQ(rows(0).row(0), values.at("ctx").row(0) + values.at("meta_net.linear2.bias").row(0));
}

}  // namespace
}  // namespace qprompt
