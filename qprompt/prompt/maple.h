#pragma once

#include "qprompt/prompt/affine.h"
#include "qprompt/prompt/context_words.h"
#include "qprompt/prompt/deep_prompts.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// MaPLe (Khattak et al., "Multi-modal Prompt Learning", CVPR 2023): the image tower's tokens are
// linear functions of the text tower's,
//   vision_0 = proj(ctx),  vision_i =
//   compound_prompt_projections_{i-1}(compound_prompts_text_{i-1})
// for the blocks i = 1 .. depth - 1. Parameters bear the reference's names.
class MaPLe : public PromptLearner {
 public:
  MaPLe(const MaPLeConfig& config, const Model& model);

  std::vector<ParameterSpec> parameters(const ClassTokens& classes) const override;
  ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const override;
  TextLayout layout(const ClassTokens& classes) const override { return words_.layout(classes); }
  Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const override;
  ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                         const Prompts& d_prompts) const override;
  bool prompts_images() const override { return true; }

 private:
  Affine compound_projection(Index i) const;

  ContextWords words_;
  DeepPrompts compound_text_;
  Index text_width_, image_width_;
  Affine proj_;
};

}  // namespace qprompt
