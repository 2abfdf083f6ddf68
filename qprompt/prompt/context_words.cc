#include "qprompt/prompt/context_words.h"

#include <algorithm>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/error.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {
namespace {

constexpr char kRandomStart[] = " (an empty ctx_init starts at random)";

}  // namespace

ContextWords::ContextWords(int n_ctx, const std::string& words, const Model& model)
    : n_ctx_(n_ctx),
      width_(model.shape().text.width),
      words_(words),
      tokens_(model.tokenizer().encode(spoken_name(words))) {
  const Index most = model.shape().context_length - 3;  // SOS, one token of a name, EOT
  require(n_ctx >= 1 && n_ctx <= most, "n_ctx ", n_ctx, ", expected 1..", most);
  if (tokens_.empty()) return;
  require(n_ctx_ <= std::ssize(tokens_), "ctx_init '", words, "' has ", tokens_.size(),
          " tokens, n_ctx is ", n_ctx, kRandomStart);
  initial_words_ = model.checkpoint().token_embeddings(tokens_).topRows(n_ctx_);
}

void ContextWords::require_all_learned() const {
  const int words = words_in(words_);
  require(words == 0 || words == n_ctx_, "ctx_init '", words_, "' has ", words, " words, n_ctx is ",
          n_ctx_, kRandomStart);
}

std::size_t ContextWords::first_kept() const {
  return std::min(tokens_.size(), static_cast<std::size_t>(n_ctx_));
}

ParameterSpec ContextWords::parameter(Index contexts) const {
  return {"ctx", contexts * n_ctx_, width_, ParameterKind::kContext, true};
}

Matrix ContextWords::initial_value(Random& random, Index contexts) const {
  if (initial_words_.size() > 0) return initial_words_.replicate(contexts, 1);
  return random.normal_matrix(contexts * n_ctx_, width_, kPromptDeviation);
}

TextLayout ContextWords::layout(const ClassTokens& classes) const {
  TextLayout layout;
  layout.shared.push_back(TextRow::token(classes.start_token));
  for (Index i = 0; i < n_ctx_; ++i) layout.shared.push_back(TextRow::learned(i));
  for (const int id : rest()) layout.shared.push_back(TextRow::token(id));
  for (const ClassText& text : classes.classes) {
    std::vector<TextRow> rows;
    for (const int id : text.sentence) rows.push_back(TextRow::token(id));
    end_sentence(rows, classes.end_token);
    layout.own.push_back(std::move(rows));
  }
  require_fits(layout, classes.names, classes.context_length);
  return layout;
}

}  // namespace qprompt
