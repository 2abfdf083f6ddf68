#pragma once

#include "qprompt/prompt/context_words.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// CoOp (Zhou et al., "Learning to Prompt for Vision-Language Models", IJCV 2022): the text of a
// class is [SOS] [v_1] ... [v_M] [name] [.] [EOT] with learned v_m, or the name before or amid
// them. One parameter `ctx` [n_ctx, width], or [n_cls n_ctx, width] with a context for each class.
class CoOp : public PromptLearner {
 public:
  CoOp(const CoOpConfig& config, const Model& model);

  std::vector<ParameterSpec> parameters(const ClassTokens& classes) const override;
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override;
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool class_bound() const override { return config_.class_specific; }

 private:
  Index contexts(const ClassTokens& classes) const;
  Index context_before_name() const;
  std::vector<TextRow> sentence(const ClassText& text, Index first_context) const;

  CoOpConfig config_;
  ContextWords words_;
};

}  // namespace qprompt
