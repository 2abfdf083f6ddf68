#pragma once

#include "qprompt/prompt/affine.h"
#include "qprompt/prompt/context_words.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// CoCoOp (Zhou et al., "Conditional Prompt Learning for Vision-Language Models", CVPR 2022): every
// context token is moved by a function of the image,
//   v_m(x) = v_m + pi(x),  pi = linear2(relu(linear1(x)))
// with x the unit image feature. Parameters: `ctx`, `meta_net.linear1`, `meta_net.linear2`.
class CoCoOp : public PromptLearner {
 public:
  CoCoOp(const CoCoOpConfig& config, const Model& model);

  std::vector<ParameterSpec> parameters(const ClassTokens& classes) const override;
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override { return words_.layout(classes); }
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool image_conditioned() const override { return true; }

 private:
  ContextWords words_;
  Affine linear1_, linear2_;
};

}  // namespace qprompt
