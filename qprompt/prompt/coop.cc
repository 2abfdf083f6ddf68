#include "qprompt/prompt/coop.h"

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/prompt/context_words.h"

namespace qprompt {
namespace {

Matrix embed_words(const std::string& words, const Model& model, int n_ctx) {
  if (words.empty()) return {};
  const std::vector<int> tokens = model.tokenizer().encode(spoken_name(words));
  require(static_cast<int>(tokens.size()) == n_ctx, "ctx_init '", words, "' has ", tokens.size(),
          " tokens, n_ctx is ", n_ctx, " (an empty ctx_init starts at random)");
  return model.checkpoint().token_embeddings(tokens);
}

Index context_before_name(const CoOpConfig& config) {
  switch (config.class_token_position) {
    case ClassTokenPosition::kEnd:
      return config.n_ctx;
    case ClassTokenPosition::kMiddle:
      return config.n_ctx / 2;
    case ClassTokenPosition::kFront:
      return 0;
  }
  return 0;
}

// What all classes begin with.
Index shared_context(const CoOpConfig& config) {
  return config.class_specific ? 0 : context_before_name(config);
}

}  // namespace

CoOp::CoOp(const CoOpConfig& config, const Model& model)
    : config_(config),
      width_(model.shape().text.width),
      initial_words_(embed_words(config.ctx_init, model, config.n_ctx)) {
  require_context_length(config.n_ctx, model);
}

std::vector<ParameterSpec> CoOp::parameters(const ClassTokens& classes) const {
  const Index contexts = config_.class_specific ? classes.count() : 1;
  return {{"ctx", contexts * config_.n_ctx, width_, ParameterKind::kContext}};
}

ParameterMap CoOp::initial_values(const ClassTokens& classes, std::uint64_t seed) const {
  const Index rows = parameters(classes).front().rows;
  if (initial_words_.size() > 0) {
    return {{"ctx", initial_words_.replicate(rows / config_.n_ctx, 1)}};
  }
  return {{"ctx", Random(seed).normal_matrix(rows, width_, kPromptDeviation)}};
}

// name, context and the full stop of one class in their order; rows of `ctx` from first_context on.
std::vector<TextRow> CoOp::sentence(const ClassText& text, Index first_context) const {
  const auto name_length = static_cast<std::ptrdiff_t>(text.name.size());
  std::vector<TextRow> context, name, rest;
  for (Index i = 0; i < config_.n_ctx; ++i) context.push_back(TextRow::learned(first_context + i));
  for (auto t = text.sentence.begin(); t != text.sentence.end(); ++t) {
    (t - text.sentence.begin() < name_length ? name : rest).push_back(TextRow::token(*t));
  }
  const Index before_name = context_before_name(config_);
  std::vector<TextRow> rows(context.begin(), context.begin() + before_name);
  rows.insert(rows.end(), name.begin(), name.end());
  rows.insert(rows.end(), context.begin() + before_name, context.end());
  rows.insert(rows.end(), rest.begin(), rest.end());
  return rows;
}

TextLayout CoOp::layout(const ClassTokens& classes) const {
  const Index shared = shared_context(config_);
  TextLayout layout;
  layout.shared.push_back(TextRow::token(classes.start_token));
  for (Index i = 0; i < shared; ++i) layout.shared.push_back(TextRow::learned(i));
  for (Index c = 0; c < classes.count(); ++c) {
    std::vector<TextRow> rows =
        sentence(classes.classes[c], config_.class_specific ? c * config_.n_ctx : 0);
    rows.erase(rows.begin(), rows.begin() + shared);
    rows.push_back(TextRow::token(classes.end_token));
    cut_after_largest_token(rows);
    layout.own.push_back(std::move(rows));
  }
  require_fits(layout, classes.names, classes.context_length);
  return layout;
}

Prompts CoOp::prompts(const ParameterMap& values, const PromptInputs&) const {
  return {{{values.at("ctx"), {}}}, {}};
}

ParameterMap CoOp::pull_back(const ParameterMap&, const PromptInputs&,
                             const Prompts& d_prompts) const {
  return {{"ctx", d_prompts.text.front().rows}};
}

}  // namespace qprompt
