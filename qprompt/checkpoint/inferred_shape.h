#pragma once

#include "qprompt/checkpoint/checkpoint_options.h"
#include "qprompt/checkpoint/weights.h"

namespace qprompt {

// The sizes that OpenAI's own loader reads off the tensors: QuickGELU and heads of 64 where
// `options` do not say otherwise; a vision transformer or a ResNet.
ClipShape infer_shape(const Weights& weights, const CheckpointOptions& options);

// The same for SLIP's models: timm's vision transformer, which has GELU, no layer norm before its
// blocks and, in the small one of width 384, heads of 32. The text tower is OpenAI's, QuickGELU
// included.
ClipShape infer_slip_shape(const Weights& weights);

}  // namespace qprompt
