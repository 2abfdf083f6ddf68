#include "qprompt/prompt/feature_method.h"

#include "qprompt/core/error.h"

namespace qprompt {

FeatureMethod::FeatureMethod(const Traits& traits, std::unique_ptr<const FeatureLearner> head,
                             const Model& model)
    : traits_(traits), head_(std::move(head)), tokenizer_(model.tokenizer()) {}

ParameterMap FeatureMethod::initial_values(const ClassTokens&, std::uint64_t) const {
  fail("a learner on features starts from features of training images");
}

TextLayout FeatureMethod::layout(const ClassTokens& classes) const {
  return template_layout(tokenizer_, text_template_, classes.names, classes.context_length);
}

Prompts FeatureMethod::prompts(const ParameterMap&, const PromptInputs&) const {
  return {{TextPrompts{}}, {}};
}

ParameterMap FeatureMethod::pull_back(const ParameterMap&, const PromptInputs&,
                                      const Prompts&) const {
  return {};
}

}  // namespace qprompt
