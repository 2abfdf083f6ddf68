#include "qprompt/prompt/coop.h"

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {

CoOp::CoOp(const CoOpConfig& config, const Model& model)
    : config_(config), words_(config.n_ctx, config.ctx_init, model) {
  words_.require_all_learned();
  require(words_.rest().empty() || config.class_token_position == ClassTokenPosition::kEnd,
          "ctx_init '", config.ctx_init, "' has ", words_.rest().size(),
          " more tokens than words in this vocabulary: the name can only stand at the end");
}

Index CoOp::contexts(const ClassTokens& classes) const {
  return config_.class_specific ? classes.count() : 1;
}

Index CoOp::context_before_name() const {
  switch (config_.class_token_position) {
    case ClassTokenPosition::kEnd:
      return config_.n_ctx;
    case ClassTokenPosition::kMiddle:
      return config_.n_ctx / 2;
    case ClassTokenPosition::kFront:
      return 0;
  }
  return 0;
}

std::vector<ParameterSpec> CoOp::parameters(const ClassTokens& classes) const {
  return {words_.parameter(contexts(classes))};
}

ParameterMap CoOp::initial_values(const ClassTokens& classes, std::uint64_t seed) const {
  Random random(seed);
  return {{"ctx", words_.initial_value(random, contexts(classes))}};
}

// Name, context and the full stop of one class in their order; rows of `ctx` from first_context on.
std::vector<TextRow> CoOp::sentence(const ClassText& text, Index first_context) const {
  const auto name_length = static_cast<std::ptrdiff_t>(text.name.size());
  std::vector<TextRow> context, name, rest;
  for (Index i = 0; i < config_.n_ctx; ++i) context.push_back(TextRow::learned(first_context + i));
  for (auto t = text.sentence.begin(); t != text.sentence.end(); ++t) {
    (t - text.sentence.begin() < name_length ? name : rest).push_back(TextRow::token(*t));
  }
  const Index before_name = context_before_name();
  std::vector<TextRow> rows(context.begin(), context.begin() + before_name);
  for (const int id : words_.rest()) rows.push_back(TextRow::token(id));
  rows.insert(rows.end(), name.begin(), name.end());
  rows.insert(rows.end(), context.begin() + before_name, context.end());
  rows.insert(rows.end(), rest.begin(), rest.end());
  return rows;
}

TextLayout CoOp::layout(const ClassTokens& classes) const {
  const bool at_end = config_.class_token_position == ClassTokenPosition::kEnd;
  if (at_end && !config_.class_specific) return words_.layout(classes);
  // What all classes begin with.
  const Index shared = config_.class_specific ? 0 : context_before_name();
  TextLayout layout;
  layout.shared.push_back(TextRow::token(classes.start_token));
  for (Index i = 0; i < shared; ++i) layout.shared.push_back(TextRow::learned(i));
  for (Index c = 0; c < classes.count(); ++c) {
    std::vector<TextRow> rows =
        sentence(classes.classes[c], config_.class_specific ? c * config_.n_ctx : 0);
    rows.erase(rows.begin(), rows.begin() + shared);
    end_sentence(rows, classes.end_token);
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
