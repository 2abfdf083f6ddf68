#include "qprompt/prompt/maple.h"

#include <algorithm>

namespace qprompt {
namespace {

// Coupled prompts go as deep as the shallower tower.
int coupled_depth(const MaPLeConfig& config, const Model& model) {
  require_vision_prompts(model.shape());
  const Index layers = std::min(model.shape().text.layers, model.shape().image.layers);
  return static_cast<int>(std::min<Index>(config.depth, layers));
}

}  // namespace

MaPLe::MaPLe(const MaPLeConfig& config, const Model& model)
    : words_(config.n_ctx, config.ctx_init, model),
      compound_text_("compound_prompts_text.", coupled_depth(config, model), config.n_ctx,
                     model.shape().text),
      text_width_(model.shape().text.width),
      image_width_(model.shape().image.width),
      proj_("proj", text_width_, image_width_) {}

Affine MaPLe::compound_projection(Index i) const {
  return {"compound_prompt_projections." + std::to_string(i), text_width_, image_width_};
}

std::vector<ParameterSpec> MaPLe::parameters(const ClassTokens&) const {
  std::vector<ParameterSpec> parameters{words_.parameter()};
  proj_.add_parameters(parameters);
  compound_text_.add_parameters(parameters);
  for (Index i = 0; i < compound_text_.count(); ++i) {
    compound_projection(i).add_parameters(parameters);
  }
  return parameters;
}

ParameterMap MaPLe::initial_values(const ClassTokens&, std::uint64_t seed) const {
  Random random(seed);
  ParameterMap values{{"ctx", words_.initial_value(random)}};
  proj_.add_initial_values(values, random);
  compound_text_.add_initial_values(values, random);
  const Random start = random;  // the reference's projections are copies of one layer
  for (Index i = 0; i < compound_text_.count(); ++i) {
    Random same = start;
    compound_projection(i).add_initial_values(values, same);
  }
  return values;
}

Prompts MaPLe::prompts(const ParameterMap& values, const PromptInputs&) const {
  TextPrompts text{values.at("ctx"), compound_text_.read(values)};
  VisionPrompts vision{proj_.forward(values, text.rows), {}};
  for (Index i = 0; i < compound_text_.count(); ++i) {
    vision.deep.push_back(compound_projection(i).forward(values, text.deep[i]));
  }
  return {{std::move(text)}, std::move(vision)};
}

ParameterMap MaPLe::pull_back(const ParameterMap& values, const PromptInputs&,
                              const Prompts& d_prompts) const {
  const TextPrompts& d_text = d_prompts.text.front();
  const VisionPrompts& d_vision = d_prompts.vision;
  ParameterMap gradient;
  gradient["ctx"] =
      d_text.rows + proj_.pull_back(values, values.at("ctx"), d_vision.tokens, gradient);
  for (Index i = 0; i < compound_text_.count(); ++i) {
    const std::string text = compound_text_.name(i);
    gradient[text] = d_text.deep[i] + compound_projection(i).pull_back(values, values.at(text),
                                                                       d_vision.deep[i], gradient);
  }
  return gradient;
}

}  // namespace qprompt
