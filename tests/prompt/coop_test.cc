#include "qprompt/prompt/coop.h"

#include <cmath>

#include "qprompt/core/random.h"
#include "tests/prompt/prompt_test.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> kNames{"cat", "photo album", "fish"};

class CoOpTest : public PromptTest {
 protected:
  std::shared_ptr<const PromptLearner> learner(const CoOpConfig& config) const {
    return make_learner(config, model_);
  }
  Matrix initial(const CoOpConfig& config, std::uint64_t seed = 1) const {
    return learner(config)->initial_values(classes(kNames), seed).at("ctx");
  }
  const Index width_ = model_.shape().text.width;
};

CoOpConfig words(const std::string& ctx_init, int n_ctx) {
  return {.n_ctx = n_ctx, .ctx_init = ctx_init};
}

CoOpConfig random_start(int n_ctx, bool class_specific = false) {
  return {.n_ctx = n_ctx, .ctx_init = "", .class_specific = class_specific};
}

TEST_F(CoOpTest, OwnsOneContextOrOneForEachClass) {
  const auto shape = [&](bool class_specific) {
    const auto specs = learner(random_start(5, class_specific))->parameters(classes(kNames));
    EXPECT_EQ(specs.size(), 1u);
    EXPECT_EQ(specs.front().name, "ctx");
    EXPECT_EQ(specs.front().kind, ParameterKind::kContext);
    return std::pair(specs.front().rows, specs.front().cols);
  };
  EXPECT_EQ(shape(false), std::pair(Index{5}, width_));
  EXPECT_EQ(shape(true), std::pair(Index{15}, width_));
}

TEST_F(CoOpTest, StartsFromTheEmbeddingsOfItsWords) {
  EXPECT_EQ(initial(words("a photo a cat", 4)), embeddings("a photo a cat"));
  EXPECT_EQ(initial(words("a_photo_a_cat", 4)), embeddings("a photo a cat"));
  EXPECT_EQ(initial(words("a photo a cat", 4), 2), embeddings("a photo a cat"));
}

TEST_F(CoOpTest, StartsEveryClassFromTheSameWords) {
  CoOpConfig config = words("photo cat", 2);
  config.class_specific = true;
  EXPECT_EQ(initial(config), embeddings("photo cat photo cat photo cat"));
}

TEST_F(CoOpTest, StartsAtRandomBySeed) {
  const Matrix one = initial(random_start(16), 1);
  EXPECT_EQ(one, initial(random_start(16), 1));
  EXPECT_NE(one, initial(random_start(16), 2));
  // 384 values: their deviation is known to 3.6 %.
  const double deviation = std::sqrt(one.squaredNorm() / static_cast<double>(one.size()));
  EXPECT_NEAR(deviation, 0.02, 0.003);
}

TEST_F(CoOpTest, StartsEveryClassElsewhereAtRandom) {
  const Matrix ctx = initial(random_start(2, true));
  EXPECT_NE(Matrix(ctx.topRows(2)), Matrix(ctx.middleRows(2, 2)));
}

TEST_F(CoOpTest, RefusesAnotherNumberOfWordsThanNCtx) {
  for (int n_ctx : {3, 5}) {
    EXPECT_THAT(testing::error_of([&] { learner(words("a photo of a", n_ctx)); }),
                AllOf(HasSubstr("'a photo of a'"), HasSubstr("4 words"),
                      HasSubstr("n_ctx is " + std::to_string(n_ctx))));
  }
}

// As in the reference: n_ctx counts words, and this vocabulary splits "of" into two tokens.
TEST_F(CoOpTest, LearnsTheFirstTokensOfItsWordsAndKeepsTheRest) {
  const CoOpConfig config = words("a photo of a", 4);
  const std::vector<int> tokens = model_.tokenizer().encode("a photo of a");
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(initial(config), embeddings("a photo of a").topRows(4));
  const TextLayout layout = learner(config)->layout(classes({"cat", "dog"}));
  ASSERT_EQ(layout.shared.size(), 6u);
  EXPECT_EQ(layout.shared[4], TextRow::learned(3));
  EXPECT_EQ(layout.shared[5], TextRow::token(tokens[4]));
  CoOpConfig in_front = config;
  in_front.class_token_position = ClassTokenPosition::kFront;
  EXPECT_THAT(testing::error_of([&] { learner(in_front); }), HasSubstr("at the end"));
}

TEST_F(CoOpTest, RefusesAContextThatLeavesNoRoomForAName) {
  for (int n_ctx : {-1, 0, 18}) {
    EXPECT_THAT(testing::error_of([&] { learner(random_start(n_ctx)); }),
                AllOf(HasSubstr("n_ctx " + std::to_string(n_ctx)), HasSubstr("1..17")));
  }
  EXPECT_EQ(initial(random_start(17)).rows(), 17);
}

TEST_F(CoOpTest, IsBoundToItsClassesWhenEachHasAContext) {
  EXPECT_FALSE(learner(random_start(2))->class_bound());
  EXPECT_TRUE(learner(random_start(2, true))->class_bound());
}

// prompts() is linear, so that its pull-back is its adjoint: <prompts(w), g> = <w, pull_back(g)>.
TEST_F(CoOpTest, PullBackIsTheGradientOfPrompts) {
  const ClassTokens tokens = classes(kNames);
  const Matrix images;
  const PromptInputs inputs{tokens, images};
  for (bool class_specific : {false, true}) {
    const auto coop = learner(random_start(3, class_specific));
    const ParameterMap values = coop->initial_values(tokens, 1);
    const Prompts prompts = coop->prompts(values, inputs);
    ASSERT_EQ(prompts.text.size(), 1u);
    EXPECT_EQ(prompts.vision.tokens.size(), 0);
    const Matrix& rows = prompts.text.front().rows;
    const Matrix d_rows = Random(2).normal_matrix(rows.rows(), rows.cols(), 1.0);
    const ParameterMap gradient = coop->pull_back(values, inputs, {{{d_rows, {}}}, {}});
    ASSERT_EQ(gradient.size(), 1u);
    EXPECT_EQ(gradient.at("ctx").rows(), class_specific ? 9 : 3);
    EXPECT_FLOAT_EQ(rows.cwiseProduct(d_rows).sum(),
                    values.at("ctx").cwiseProduct(gradient.at("ctx")).sum());
    EXPECT_EQ(gradient.at("ctx"), d_rows);
  }
}

TEST_F(CoOpTest, OtherMatricesThanItsOwnAreRefused) {
  const auto coop = learner(random_start(2));
  const ClassTokens tokens = classes(kNames);
  const Matrix ctx = Matrix::Zero(2, width_);
  const auto error = [&](const ParameterMap& values) {
    return testing::error_of([&] { require_parameters(*coop, tokens, values); });
  };
  EXPECT_NO_THROW(require_parameters(*coop, tokens, {{"ctx", ctx}}));
  EXPECT_THAT(error({}), HasSubstr("expected 1"));
  EXPECT_THAT(error({{"ctx", ctx}, {"bias", ctx}}), HasSubstr("2 matrices"));
  EXPECT_THAT(error({{"context", ctx}}), HasSubstr("'ctx'"));
  EXPECT_THAT(error({{"ctx", Matrix::Zero(3, width_)}}), HasSubstr("[3, 24], expected [2, 24]"));
  EXPECT_THAT(error({{"ctx", Matrix::Zero(2, 23)}}), HasSubstr("[2, 23], expected [2, 24]"));
}

TEST(MethodConfig, DefaultsToFourWordsBeforeTheName) {
  const auto config = std::get<CoOpConfig>(default_config(MethodTag::kCoOp));
  EXPECT_EQ(config.n_ctx, 4);
  EXPECT_EQ(config.ctx_init, "a photo of a");
  EXPECT_FALSE(config.class_specific);
  EXPECT_EQ(config.class_token_position, ClassTokenPosition::kEnd);
  EXPECT_EQ(method_tag(config), MethodTag::kCoOp);
}

}  // namespace
}  // namespace qprompt
