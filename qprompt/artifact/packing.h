#pragma once

#include <cstdint>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {

// The matrices that quantization applies to: all but biases.
ParameterMap quantizable(const PromptLearner& learner, const ClassTokens& classes,
                         const ParameterMap& values);

// A quantizer with the width of each of those matrices, by its kind. Throws Error for widths that
// are still to be chosen.
Quantizer quantizer_for(const PromptLearner& learner, const ClassTokens& classes,
                        const QuantizerConfig& config, std::uint64_t seed = 0);

// What a file will hold of `values`: quantized, and the rest as fp16.
ParameterMap deployed_values(const PromptLearner& learner, const ClassTokens& classes,
                             const ParameterMap& values, const Quantizer& quantizer);

// The prompt file of a method's learned values. `quantizer` as it stands after training, or fresh:
// then it clusters now.
PromptFile packed(const Model& model, const MethodConfig& method, const ClassTokens& classes,
                  const ParameterMap& values, const Quantizer& quantizer);

}  // namespace qprompt
