#include "qprompt/core/random.h"
#include "tests/prompt/prompt_test.h"
#include "tests/support/small_methods.h"

namespace qprompt {
namespace {

// Calls visit(a, b) with the corresponding matrices of two prompts of the same shape.
template <typename A, typename B, typename Visitor>
void visit_pairs(A& a, B& b, Visitor&& visit) {
  for (std::size_t i = 0; i < a.text.size(); ++i) {
    visit(a.text[i].rows, b.text[i].rows);
    for (std::size_t l = 0; l < a.text[i].deep.size(); ++l) {
      visit(a.text[i].deep[l], b.text[i].deep[l]);
    }
  }
  visit(a.vision.tokens, b.vision.tokens);
  for (std::size_t l = 0; l < a.vision.deep.size(); ++l) visit(a.vision.deep[l], b.vision.deep[l]);
}

Prompts random_like(const Prompts& prompts, std::uint64_t seed) {
  Prompts weights = prompts;
  Random random(seed);
  visit_pairs(prompts, weights, [&](const Matrix& like, Matrix& weight) {
    weight = random.normal_matrix(like.rows(), like.cols(), 1.0);
  });
  return weights;
}

double weighted_sum(const Prompts& prompts, const Prompts& weights) {
  double sum = 0;
  visit_pairs(prompts, weights, [&](const Matrix& value, const Matrix& weight) {
    sum += value.cast<double>().cwiseProduct(weight.cast<double>()).sum();
  });
  return sum;
}

class PullBack : public PromptTest, public ::testing::WithParamInterface<testing::NamedMethod> {
 protected:
  PullBack() : learner_(make_learner(GetParam().config, model_)) {
    Random random(3);
    for (const ParameterSpec& spec : learner_->parameters(classes_)) {
      values_[spec.name] = random.normal_matrix(spec.rows, spec.cols, 0.5);
    }
  }

  Prompts prompts(const ParameterMap& values) const {
    return learner_->prompts(values, {classes_, images_});
  }

  // d weighted_sum(prompts(values)) / d value. prompts() is linear in each single value, up to a
  // ReLU's kink, so that a step need not be small.
  double slope(const Prompts& weights, const std::string& name, Index entry) const {
    constexpr float kStep = 1.0f / 64;
    ParameterMap values = values_;
    float& value = values.at(name).data()[entry];
    const float middle = value;
    value = middle + kStep;
    const double above = weighted_sum(prompts(values), weights);
    const float high = value;
    value = middle - kStep;
    const double below = weighted_sum(prompts(values), weights);
    return (above - below) / (static_cast<double>(high) - static_cast<double>(value));
  }

  const ClassTokens classes_ = classes({"cat", "photo album", "fish"});
  const Matrix images_ = Random(4).normal_matrix(3, model_.shape().embed, 0.5);
  std::shared_ptr<const PromptLearner> learner_;
  ParameterMap values_;
};

TEST_P(PullBack, IsTheGradientOfAnyWeightedSumOfThePrompts) {
  const Prompts weights = random_like(prompts(values_), 5);
  const ParameterMap gradient = learner_->pull_back(values_, {classes_, images_}, weights);
  ASSERT_EQ(gradient.size(), values_.size());
  for (const auto& [name, d_value] : gradient) {
    SCOPED_TRACE(name);
    ASSERT_EQ(d_value.rows(), values_.at(name).rows());
    ASSERT_EQ(d_value.cols(), values_.at(name).cols());
    Matrix expected(d_value.rows(), d_value.cols());
    for (Index i = 0; i < d_value.size(); ++i) {
      expected.data()[i] = static_cast<float>(slope(weights, name, i));
    }
    const float largest = expected.cwiseAbs().maxCoeff();
    ASSERT_GT(largest, 0) << "the prompts do not depend on it: nothing would be compared";
    EXPECT_LT((d_value - expected).cwiseAbs().maxCoeff(), 1e-4f * largest);
  }
}

TEST_P(PullBack, IsOfMatricesThatTheLearnerStartsWith) {
  const ParameterMap start = learner_->initial_values(classes_, 1);
  EXPECT_NO_THROW(require_parameters(*learner_, classes_, start));
  EXPECT_EQ(start, learner_->initial_values(classes_, 1));
}

INSTANTIATE_TEST_SUITE_P(OfEveryMethod, PullBack, ::testing::ValuesIn(testing::small_methods()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace qprompt
