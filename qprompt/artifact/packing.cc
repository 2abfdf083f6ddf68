#include "qprompt/artifact/packing.h"

#include "qprompt/core/half.h"

namespace qprompt {

PromptFile packed(const Model& model, const MethodConfig& method, const ClassTokens& classes,
                  const ParameterMap& values, const std::map<std::string, EncodedMatrix>& encoded,
                  const SeenClasses& seen) {
  const auto learner = make_learner(method, model, seen);
  require_parameters(*learner, classes, values);
  PromptFile prompt{
      .backbone = model.fingerprint(), .identity = model.identity(), .method = method};
  if (const FeatureLearner* head = learner->head()) {
    prompt.seen = head->seen();
  } else if (learner->class_bound()) {
    prompt.class_list = class_list_hash(classes.names);
  }
  prompt.matrices = stored_matrices(round_to_half(values), encoded);
  return prompt;
}

}  // namespace qprompt
