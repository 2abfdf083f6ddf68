#include "qprompt/train/prompt_quantizer.h"

#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/core/half.h"
#include "qprompt/train/bits.h"

namespace qprompt {
namespace {

std::map<std::string, int> widths_of(const PromptLearner& learner, const ClassTokens& classes,
                                     const QuantizerConfig& config) {
  if (!has_codebook(config.kind)) return {};
  const BitsPerKind bits = parse_bits(config.bits);
  require(!bits.has_auto(), "quantizer: bits '", config.bits,
          "', expected numbers (auto is resolved before training)");
  std::map<std::string, int> widths;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind == ParameterKind::kContext) widths[spec.name] = bits.context;
    if (spec.kind == ParameterKind::kProjection) widths[spec.name] = bits.projection;
  }
  return widths;
}

}  // namespace

PromptQuantizer::PromptQuantizer(const PromptLearner& learner, const ClassTokens& classes,
                                 const QuantizerConfig& config, std::uint64_t seed)
    : quantizer_(config, seed, widths_of(learner, classes, config)) {
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind == ParameterKind::kBias) biases_.insert(spec.name);
  }
}

ParameterMap PromptQuantizer::quantizable(const ParameterMap& values) const {
  ParameterMap selected = values;
  for (const std::string& bias : biases_) selected.erase(bias);
  return selected;
}

void PromptQuantizer::adapt(const ParameterMap& values, std::int64_t step) {
  quantizer_.adapt(quantizable(values), step);
}

ParameterMap PromptQuantizer::quantize(const ParameterMap& values, std::int64_t step) const {
  ParameterMap used = quantizer_.quantize(quantizable(values), step);
  used.insert(values.begin(), values.end());
  return used;
}

ParameterMap PromptQuantizer::deployed(const ParameterMap& values) const {
  ParameterMap deployed = quantizer_.deployed(quantizable(values));
  deployed.merge(round_to_half(values));
  return deployed;
}

std::map<std::string, EncodedMatrix> PromptQuantizer::encode(const ParameterMap& values) const {
  return quantizer_.encode(quantizable(values));
}

}  // namespace qprompt
