#pragma once

#include "qprompt/prompt/context_words.h"
#include "qprompt/prompt/deep_prompts.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// IVLP, independent vision-language prompts (the baseline of Khattak et al.'s MaPLe and the prompts
// of PromptSRC): `ctx` and `deep_text.N` in the text tower, `vision` and `deep_vision.N` in the
// image tower. With n_ctx_vision 0: deep language prompts.
class Ivlp : public PromptLearner {
 public:
  Ivlp(const IvlpConfig& config, const Model& model);

  std::vector<ParameterSpec> parameters(const ClassTokens& classes) const override;
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override { return words_.layout(classes); }
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool prompts_images() const override { return vision_.any(); }

 private:
  ContextWords words_;
  DeepPrompts deep_text_;
  VisionTokens vision_;
};

}  // namespace qprompt
