#include "qprompt/prompt/cocoop.h"

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

Index hidden_width(const CoCoOpConfig& config, const Model& model) {
  const Index embed = model.shape().embed;
  require(config.reduction >= 1 && config.reduction <= embed, "reduction ", config.reduction,
          ", expected 1..", embed);
  return embed / config.reduction;
}

}  // namespace

CoCoOp::CoCoOp(const CoCoOpConfig& config, const Model& model)
    : words_(config.n_ctx, config.ctx_init, model),
      linear1_("meta_net.linear1", model.shape().embed, hidden_width(config, model)),
      linear2_("meta_net.linear2", hidden_width(config, model), model.shape().text.width) {
  words_.require_all_learned();
}

std::vector<ParameterSpec> CoCoOp::parameters(const ClassTokens&) const {
  std::vector<ParameterSpec> parameters{words_.parameter()};
  linear1_.add_parameters(parameters);
  linear2_.add_parameters(parameters);
  return parameters;
}

ParameterMap CoCoOp::initial_values(const ClassTokens&, std::uint64_t seed) const {
  Random random(seed);
  ParameterMap values{{"ctx", words_.initial_value(random)}};
  linear1_.add_initial_values(values, random);
  linear2_.add_initial_values(values, random);
  return values;
}

Prompts CoCoOp::prompts(const ParameterMap& values, const PromptInputs& inputs) const {
  const Matrix hidden = linear1_.forward(values, inputs.image_features).cwiseMax(0);
  const Matrix pi = linear2_.forward(values, hidden);
  Prompts prompts;
  for (Index image = 0; image < pi.rows(); ++image) {
    prompts.text.push_back({values.at("ctx").rowwise() + pi.row(image), {}});
  }
  return prompts;
}

ParameterMap CoCoOp::pull_back(const ParameterMap& values, const PromptInputs& inputs,
                               const Prompts& d_prompts) const {
  const Matrix before = linear1_.forward(values, inputs.image_features);
  const Matrix hidden = before.cwiseMax(0);
  const Matrix& ctx = values.at("ctx");
  Matrix d_ctx = Matrix::Zero(ctx.rows(), ctx.cols());
  Matrix d_pi(inputs.image_features.rows(), ctx.cols());
  for (Index image = 0; image < d_pi.rows(); ++image) {
    const Matrix& d_rows = d_prompts.text[image].rows;
    d_ctx += d_rows;
    d_pi.row(image) = d_rows.colwise().sum();
  }
  ParameterMap gradient{{"ctx", d_ctx}};
  Matrix d_before = linear2_.pull_back(values, hidden, d_pi, gradient);
  d_before = (before.array() > 0).select(d_before, 0.0f);
  linear1_.pull_back(values, inputs.image_features, d_before, gradient);
  return gradient;
}

}  // namespace qprompt
