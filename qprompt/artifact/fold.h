#pragma once

#include "qprompt/clip/model.h"
#include "qprompt/prompt/config.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

struct FoldedPrompt {
  IvlpConfig method;
  ParameterMap values;
};

// MaPLe without its projections: they see no image, so the tokens they produce (depth x n_ctx x
// width values) say the same, and a prompt of independent tokens holds them. The two agree to
// rounding before anything is quantized again.
FoldedPrompt folded(const Model& model, const MaPLeConfig& method, const ParameterMap& values);

}  // namespace qprompt
