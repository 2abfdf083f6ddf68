#include "qprompt/prompt/vpt.h"

#include "qprompt/core/error.h"

namespace qprompt {

Vpt::Vpt(const VptConfig& config, const Model& model)
    : tokenizer_(model.tokenizer()),
      text_template_(config.text_template),
      vision_(config.n_ctx_vision, config.depth_vision, model) {
  require(config.n_ctx_vision >= 1, "n_ctx_vision ", config.n_ctx_vision, ", expected at least 1");
}

std::vector<ParameterSpec> Vpt::parameters(const ClassTokens&) const {
  std::vector<ParameterSpec> parameters;
  vision_.add_parameters(parameters);
  return parameters;
}

ParameterMap Vpt::initial_values(const ClassTokens&, std::uint64_t seed) const {
  Random random(seed);
  ParameterMap values;
  vision_.add_initial_values(values, random);
  return values;
}

TextLayout Vpt::layout(const ClassTokens& classes) const {
  return template_layout(tokenizer_, text_template_, classes.names, classes.context_length);
}

Prompts Vpt::prompts(const ParameterMap& values, const PromptInputs&) const {
  return {{TextPrompts{}}, vision_.read(values)};
}

ParameterMap Vpt::pull_back(const ParameterMap&, const PromptInputs&,
                            const Prompts& d_prompts) const {
  ParameterMap gradient;
  vision_.add_gradient(d_prompts.vision, gradient);
  return gradient;
}

}  // namespace qprompt
