#include "qprompt/artifact/packing.h"

#include <map>
#include <string>
#include <utility>

#include "qprompt/core/half.h"
#include "qprompt/quant/bits.h"

namespace qprompt {

ParameterMap quantizable(const PromptLearner& learner, const ClassTokens& classes,
                         const ParameterMap& values) {
  ParameterMap selected;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind != ParameterKind::kBias) selected.emplace(spec.name, values.at(spec.name));
  }
  return selected;
}

Quantizer quantizer_for(const PromptLearner& learner, const ClassTokens& classes,
                        const QuantizerConfig& config, std::uint64_t seed) {
  const BitsPerKind bits = parse_bits(config.bits);
  std::map<std::string, int> widths;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind == ParameterKind::kContext) widths[spec.name] = bits.context;
    if (spec.kind == ParameterKind::kProjection) widths[spec.name] = bits.projection;
  }
  return Quantizer(config, seed, std::move(widths));
}

ParameterMap deployed_values(const PromptLearner& learner, const ClassTokens& classes,
                             const ParameterMap& values, const Quantizer& quantizer) {
  ParameterMap deployed = quantizer.deployed(quantizable(learner, classes, values));
  deployed.merge(round_to_half(values));  // what is not quantized
  return deployed;
}

PromptFile packed(const Model& model, const MethodConfig& method, const ClassTokens& classes,
                  const ParameterMap& values, const Quantizer& quantizer) {
  const auto learner = make_learner(method, model);
  require_parameters(*learner, classes, values);
  PromptFile prompt{model.fingerprint(), method, 0, {}};
  if (learner->class_bound()) prompt.class_list = class_list_hash(classes.names);
  prompt.matrices = stored_matrices(deployed_values(*learner, classes, values, quantizer),
                                    quantizer.encode(quantizable(*learner, classes, values)));
  return prompt;
}

}  // namespace qprompt
