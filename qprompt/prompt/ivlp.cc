#include "qprompt/prompt/ivlp.h"

namespace qprompt {

Ivlp::Ivlp(const IvlpConfig& config, const Model& model)
    : words_(config.n_ctx, config.ctx_init, model),
      deep_text_("deep_text.", config.depth_text, config.n_ctx, model.shape().text),
      vision_(config.n_ctx_vision, config.depth_vision, model) {}

std::vector<ParameterSpec> Ivlp::parameters(const ClassTokens&) const {
  std::vector<ParameterSpec> parameters{words_.parameter()};
  deep_text_.add_parameters(parameters);
  vision_.add_parameters(parameters);
  return parameters;
}

ParameterMap Ivlp::initial_values(const ClassTokens&, std::uint64_t seed) const {
  Random random(seed);
  ParameterMap values{{"ctx", words_.initial_value(random)}};
  deep_text_.add_initial_values(values, random);
  vision_.add_initial_values(values, random);
  return values;
}

Prompts Ivlp::prompts(const ParameterMap& values, const PromptInputs&) const {
  return {{{values.at("ctx"), deep_text_.read(values)}}, vision_.read(values)};
}

ParameterMap Ivlp::pull_back(const ParameterMap&, const PromptInputs&,
                             const Prompts& d_prompts) const {
  const TextPrompts& d_text = d_prompts.text.front();
  ParameterMap gradient{{"ctx", d_text.rows}};
  deep_text_.add_gradient(d_text.deep, gradient);
  vision_.add_gradient(d_prompts.vision, gradient);
  return gradient;
}

}  // namespace qprompt
