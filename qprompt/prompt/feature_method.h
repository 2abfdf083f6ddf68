#pragma once

#include <memory>
#include <string>

#include "qprompt/prompt/learner.h"

namespace qprompt {

// A learner on features as a method: nothing enters the towers, a class's text is a template, and
// logits are what the learner makes of features and texts.
class FeatureMethod : public PromptLearner {
 public:
  template <typename Config>
  FeatureMethod(const Config& config, std::unique_ptr<const FeatureLearner> head,
                const Model& model)
      : FeatureMethod({Config::kLearnsBySteps, Config::kTakesNewClasses, Config::kReadsTexts},
                      std::move(head), model) {
    if constexpr (Config::kReadsTexts) text_template_ = config.text_template;
  }

  std::vector<ParameterSpec> parameters(const ClassTokens&) const override {
    return head_->parameters();
  }
  // Throws Error: it starts from features (PromptedClip::initial_values).
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override;
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool class_bound() const override { return !traits_.takes_new_classes; }
  bool reads_texts() const override { return traits_.reads_texts; }
  bool learns_by_steps() const override { return traits_.learns_by_steps; }
  const FeatureLearner* head() const override { return head_.get(); }

 private:
  struct Traits {
    bool learns_by_steps, takes_new_classes, reads_texts;
  };
  FeatureMethod(const Traits& traits, std::unique_ptr<const FeatureLearner> head,
                const Model& model);

  Traits traits_;
  std::unique_ptr<const FeatureLearner> head_;
  Tokenizer tokenizer_;
  std::string text_template_ = "{}";
};

}  // namespace qprompt
