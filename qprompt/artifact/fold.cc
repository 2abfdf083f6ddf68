#include "qprompt/artifact/fold.h"

#include "qprompt/prompt/maple.h"

namespace qprompt {

FoldedPrompt folded(const Model& model, const MaPLeConfig& method, const ParameterMap& values) {
  const ClassTokens classes = any_classes(model);
  const MaPLe maple(method, model);
  require_parameters(maple, classes, values);
  const Prompts prompts = maple.prompts(values, {classes, Matrix()});
  const TextPrompts& text = prompts.text.front();
  const int depth = static_cast<int>(text.deep.size()) + 1;
  FoldedPrompt result{{.n_ctx = method.n_ctx,
                       .ctx_init = method.ctx_init,
                       .depth_text = depth,
                       .n_ctx_vision = method.n_ctx,
                       .depth_vision = depth},
                      {{"ctx", text.rows}, {"vision", prompts.vision.tokens}}};
  for (int i = 0; i + 1 < depth; ++i) {
    result.values["deep_text." + std::to_string(i)] = text.deep[i];
    result.values["deep_vision." + std::to_string(i)] = prompts.vision.deep[i];
  }
  return result;
}

}  // namespace qprompt
