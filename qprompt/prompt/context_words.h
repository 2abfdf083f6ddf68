#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/random.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// The text "[SOS] words name . [EOT]" in which n_ctx rows are learned: they stand for the first
// n_ctx tokens of the words and start from their embeddings. What is left of the words stays as it
// is: MaPLe and IVLP learn two of "a photo of a", and a vocabulary may split a word into several
// tokens. Without words: n_ctx learned rows with a random start.
class ContextWords {
 public:
  // Throws Error for more learned rows than the words have tokens.
  ContextWords(int n_ctx, const std::string& words, const Model& model);

  // For methods that learn all of the words: throws Error unless there are n_ctx of them.
  void require_all_learned() const;

  Index n_ctx() const { return n_ctx_; }
  // Tokens behind the learned rows that are not learned.
  std::span<const int> rest() const { return std::span(tokens_).subspan(first_kept()); }
  ParameterSpec parameter(Index contexts = 1) const;  // "ctx" [contexts n_ctx, width]
  Matrix initial_value(Random& random, Index contexts = 1) const;
  TextLayout layout(const ClassTokens& classes) const;

 private:
  std::size_t first_kept() const;

  Index n_ctx_, width_;
  std::string words_;
  std::vector<int> tokens_;  // of the words
  Matrix initial_words_;     // [n_ctx, width]; empty for a random start
};

// Standard deviation of random contexts and deep prompts, everywhere in the reference.
inline constexpr double kPromptDeviation = 0.02;

}  // namespace qprompt
