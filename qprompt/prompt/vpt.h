#pragma once

#include "qprompt/prompt/deep_prompts.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// VPT (Jia et al., "Visual Prompt Tuning", ECCV 2022): learned tokens behind the patches, in the
// first block or in each of the first depth_vision blocks. The text of a class is a fixed template.
class Vpt : public PromptLearner {
 public:
  Vpt(const VptConfig& config, const Model& model);

  std::vector<ParameterSpec> parameters(const ClassTokens& classes) const override;
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override;
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool prompts_images() const override { return true; }

 private:
  Tokenizer tokenizer_;
  std::string text_template_;
  VisionTokens vision_;
};

}  // namespace qprompt
