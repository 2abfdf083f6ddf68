#pragma once

#include "qprompt/clip/checkpoint.h"
#include "qprompt/clip/weights.h"

namespace qprompt {

// The sizes that OpenAI's own loader reads off the tensors: QuickGELU, heads of 64.
ClipShape infer_shape(const Weights& weights);

}  // namespace qprompt
