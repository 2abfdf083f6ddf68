#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/random.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// The text "[SOS] words name . [EOT]" in which the first n_ctx words are learned and start from
// their embeddings; what is left of the words stays as it is (MaPLe and IVLP learn two of "a photo
// of a"). Without words: n_ctx learned rows with a random start.
class ContextWords {
 public:
  ContextWords(int n_ctx, const std::string& words, const Model& model);

  // Throws Error where words are left that are not learned.
  void require_all_learned() const;

  Index n_ctx() const { return n_ctx_; }
  ParameterSpec parameter() const;  // "ctx" [n_ctx, width]
  Matrix initial_value(Random& random) const;
  TextLayout layout(const ClassTokens& classes) const;

 private:
  Index n_ctx_, width_;
  std::vector<int> words_;
  Matrix initial_words_;  // [n_ctx, width]; empty for a random start
};

// Throws Error unless SOS, n_ctx tokens, one token of a name and EOT fit the model's context.
void require_context_length(int n_ctx, const Model& model);

// Standard deviation of random contexts and deep prompts, everywhere in the reference.
inline constexpr double kPromptDeviation = 0.02;

}  // namespace qprompt
