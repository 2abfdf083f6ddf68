#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/random.h"
#include "qprompt/quant/quantizer.h"
#include "tests/support/test_models.h"

namespace qprompt {

inline const std::vector<std::string> kNames{"cat", "photo album", "fish"};

inline PromptFile prompt_of(const Model& model, const Matrix& ctx, const CoOpConfig& config) {
  return {.backbone = model.fingerprint(),
          .identity = model.identity(),
          .method = config,
          .matrices = {{"ctx", ctx}}};
}

// Two learned vectors for all classes.
inline PromptFile unified_prompt(const Model& model, std::uint64_t seed = 1) {
  return prompt_of(model, Random(seed).normal_matrix(2, model.shape().text.width, 0.5),
                   {.n_ctx = 2, .ctx_init = ""});
}

// Two for each of `names`.
inline PromptFile class_bound_prompt(const Model& model, const std::vector<std::string>& names) {
  const auto rows = static_cast<Index>(2 * names.size());
  PromptFile prompt = prompt_of(model, Random(2).normal_matrix(rows, model.shape().text.width, 0.5),
                                {.n_ctx = 2, .ctx_init = "", .class_specific = true});
  prompt.class_list = class_list_hash(names);
  return prompt;
}

// `prompt` with its matrix in 1 bit a value.
inline PromptFile quantized(PromptFile prompt) {
  const Quantizer quantizer({.bits = "1"});
  const ParameterMap exact = values(prompt);
  prompt.matrices = stored_matrices(exact, quantizer.encode(exact));
  return prompt;
}

}  // namespace qprompt
