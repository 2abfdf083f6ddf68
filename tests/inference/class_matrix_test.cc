#include "qprompt/inference/adapted_model.h"

#include "qprompt/core/hash.h"
#include "qprompt/prompt/prompted_clip.h"
#include "tests/inference/prompts.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ClassMatrix : public ::testing::Test {
 protected:
  Matrix class_matrix(const PromptFile& prompt, const std::vector<std::string>& names) const {
    return AdaptedModel(model_, prompt, names).class_matrix();
  }
  std::string error(const PromptFile& prompt, const std::vector<std::string>& names) const {
    return testing::error_of([&] { class_matrix(prompt, names); });
  }

  const Model model_ = testing::random_model();
};

TEST_F(ClassMatrix, IsTheUnitFeaturesOfThePromptsTexts) {
  const PromptFile prompt = unified_prompt(model_);
  const PromptedClip clip(model_, make_learner(prompt.method, model_), kNames,
                          kernels::Differentiable::kNo);
  const Matrix m = class_matrix(prompt, kNames);
  EXPECT_EQ(m, clip.unit_texts({values(prompt).at("ctx"), {}}));
  ASSERT_EQ(m.rows(), 3);
  EXPECT_TRUE(m.rowwise().norm().isOnes(1e-5f));
}

TEST_F(ClassMatrix, OfAQuantizedPromptIsThatOfTheValuesItStandsFor) {
  const PromptFile prompt = quantized(unified_prompt(model_));
  PromptFile decoded = prompt;
  decoded.matrices = {{"ctx", values(prompt).at("ctx")}};
  EXPECT_EQ(class_matrix(prompt, kNames), class_matrix(decoded, kNames));
  EXPECT_NE(class_matrix(prompt, kNames), class_matrix(unified_prompt(model_), kNames));
}

TEST_F(ClassMatrix, ServesAnyClassListWithASharedContext) {
  const PromptFile prompt = unified_prompt(model_);
  EXPECT_EQ(class_matrix(prompt, {"zebra"}).rows(), 1);
  const Matrix forth = class_matrix(prompt, {"cat", "zebra"});
  const Matrix back = class_matrix(prompt, {"zebra", "cat"});
  EXPECT_TRUE(forth.isApprox(back.colwise().reverse(), 1e-5f));
}

TEST_F(ClassMatrix, RefusesAnotherBackboneAndShowsBoth) {
  const Model other = testing::random_model(2);
  const std::string ours = hex64(model_.identity()), theirs = hex64(other.identity());
  ASSERT_NE(ours, theirs);
  const PromptFile prompt = unified_prompt(other);
  EXPECT_THAT(error(prompt, kNames), AllOf(HasSubstr(ours), HasSubstr(theirs)));
  EXPECT_THAT(testing::error_of([&] { require_same_backbone(prompt, model_); }),
              AllOf(HasSubstr(ours), HasSubstr(theirs)));
  EXPECT_NO_THROW(require_same_backbone(prompt, other));
}

TEST_F(ClassMatrix, OfAClassBoundPromptIsForItsOwnListOnly) {
  const PromptFile prompt = class_bound_prompt(model_, kNames);
  EXPECT_EQ(class_matrix(prompt, kNames).rows(), 3);
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"fish", "photo album", "cat"},
        {"cat", "photo album", "dog"},
        {"cat", "photo album"},
        {"cat", "photo album", "fish", "dog"}}) {
    EXPECT_THAT(error(prompt, names), HasSubstr("no other class list"));
  }
}

TEST_F(ClassMatrix, RefusesAMatrixThatIsNotTheMethods) {
  PromptFile prompt = unified_prompt(model_);
  prompt.matrices = {{"ctx", Matrix::Ones(2, model_.shape().text.width + 1)}};
  EXPECT_THAT(error(prompt, kNames), HasSubstr("'ctx' is [2, 25], expected [2, 24]"));
  prompt.matrices.clear();
  EXPECT_THAT(error(prompt, kNames), HasSubstr("0 matrices"));
}

TEST(JoinedModels, ClassifyAsOneOfAllClasses) {
  const Model model = testing::random_model();
  const std::vector<std::string> templates{"a {}."}, more{"star", "blue ring"};
  std::vector<std::string> all{"circle", "red square"};
  const AdaptedModel few = AdaptedModel::zero_shot(model, templates, all);
  const auto joined = few.joined(AdaptedModel::zero_shot(model, templates, more));
  all.insert(all.end(), more.begin(), more.end());
  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(joined->class_names(), all);
  const Matrix expected = AdaptedModel::zero_shot(model, templates, all).class_matrix();
  EXPECT_LT((joined->class_matrix() - expected).cwiseAbs().maxCoeff(), 1e-6);
}

TEST(JoinedModels, HaveOneTemperature) {
  const Model model = testing::random_model();
  const AdaptedModel one = AdaptedModel::zero_shot(model, {"a {}."}, {"circle"});
  EXPECT_THAT(testing::error_of([&] { one.joined(one.with_temperature(2)); }),
              ::testing::HasSubstr("temperatures 1 and 2"));
}

}  // namespace
}  // namespace qprompt
