#include "qprompt/prompt/deep_prompts.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/prompt/context_words.h"

namespace qprompt {

DeepPrompts::DeepPrompts(std::string prefix, int depth, Index n, const TransformerShape& tower)
    : prefix_(std::move(prefix)),
      count_(std::min<Index>(depth, tower.layers) - 1),
      n_(n),
      width_(tower.width) {
  require(depth >= 1, "depth ", depth, ", expected 1 (the input alone) or more");
}

void DeepPrompts::add_parameters(std::vector<ParameterSpec>& parameters) const {
  for (Index i = 0; i < count_; ++i) {
    parameters.push_back({name(i), n_, width_, ParameterKind::kContext});
  }
}

void DeepPrompts::add_initial_values(ParameterMap& values, Random& random) const {
  for (Index i = 0; i < count_; ++i) {
    values[name(i)] = random.normal_matrix(n_, width_, kPromptDeviation);
  }
}

std::vector<Matrix> DeepPrompts::read(const ParameterMap& values) const {
  std::vector<Matrix> deep;
  for (Index i = 0; i < count_; ++i) deep.push_back(values.at(name(i)));
  return deep;
}

void DeepPrompts::add_gradient(const std::vector<Matrix>& d_prompts, ParameterMap& gradient) const {
  for (Index i = 0; i < count_; ++i) gradient[name(i)] = d_prompts[i];
}

namespace {
constexpr char kVision[] = "vision";
constexpr int kMostVisionTokens = 1000;  // the largest towers see some 600 patches
}  // namespace

VisionTokens::VisionTokens(int n, int depth, const Model& model)
    : n_(n),
      width_(model.shape().image.width),
      deep_("deep_vision.", n > 0 ? depth : 1, n, model.shape().image) {
  require(n >= 0 && n <= kMostVisionTokens, "n_ctx_vision ", n, ", expected 0..",
          kMostVisionTokens);
  if (any()) require_vision_prompts(model.shape());
}

void VisionTokens::add_parameters(std::vector<ParameterSpec>& parameters) const {
  if (!any()) return;
  parameters.push_back({kVision, n_, width_, ParameterKind::kContext});
  deep_.add_parameters(parameters);
}

void VisionTokens::add_initial_values(ParameterMap& values, Random& random) const {
  if (!any()) return;
  values[kVision] = random.normal_matrix(n_, width_, kPromptDeviation);
  deep_.add_initial_values(values, random);
}

VisionPrompts VisionTokens::read(const ParameterMap& values) const {
  if (!any()) return {};
  return {values.at(kVision), deep_.read(values)};
}

void VisionTokens::add_gradient(const VisionPrompts& d_prompts, ParameterMap& gradient) const {
  if (!any()) return;
  gradient[kVision] = d_prompts.tokens;
  deep_.add_gradient(d_prompts.deep, gradient);
}

}  // namespace qprompt
