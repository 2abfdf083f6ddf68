#include "qprompt/prompt/context_words.h"

#include "qprompt/core/error.h"

namespace qprompt {

void require_context_length(int n_ctx, const Model& model) {
  const Index most = model.shape().context_length - 3;  // SOS, one token of a name, EOT
  require(n_ctx >= 1 && n_ctx <= most, "n_ctx ", n_ctx, ", expected 1..", most);
}

ContextWords::ContextWords(int n_ctx, const std::string& words, const Model& model)
    : n_ctx_(n_ctx),
      width_(model.shape().text.width),
      words_(model.tokenizer().encode(spoken_name(words))) {
  require_context_length(n_ctx, model);
  if (words_.empty()) return;
  require(n_ctx_ <= std::ssize(words_), "ctx_init '", words, "' has ", words_.size(),
          " tokens, n_ctx is ", n_ctx, " (an empty ctx_init starts at random)");
  initial_words_ = model.checkpoint().token_embeddings(words_).topRows(n_ctx_);
}

void ContextWords::require_all_learned() const {
  require(words_.empty() || std::ssize(words_) == n_ctx_, "ctx_init has ", words_.size(),
          " tokens, n_ctx is ", n_ctx_, " (an empty ctx_init starts at random)");
}

ParameterSpec ContextWords::parameter() const {
  return {"ctx", n_ctx_, width_, ParameterKind::kContext};
}

Matrix ContextWords::initial_value(Random& random) const {
  if (initial_words_.size() > 0) return initial_words_;
  return random.normal_matrix(n_ctx_, width_, kPromptDeviation);
}

TextLayout ContextWords::layout(const ClassTokens& classes) const {
  TextLayout layout;
  layout.shared.push_back(TextRow::token(classes.start_token));
  for (Index i = 0; i < n_ctx_; ++i) layout.shared.push_back(TextRow::learned(i));
  for (Index i = n_ctx_; i < std::ssize(words_); ++i) {
    layout.shared.push_back(TextRow::token(words_[i]));
  }
  for (const ClassText& text : classes.classes) {
    std::vector<TextRow> rows;
    for (const int id : text.sentence) rows.push_back(TextRow::token(id));
    rows.push_back(TextRow::token(classes.end_token));
    cut_after_largest_token(rows);
    layout.own.push_back(std::move(rows));
  }
  require_fits(layout, classes.names, classes.context_length);
  return layout;
}

}  // namespace qprompt
