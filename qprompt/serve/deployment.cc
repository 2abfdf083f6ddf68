#include "qprompt/serve/deployment.h"

#include "qprompt/prompt/text_features.h"
#include "qprompt/serve/class_matrix.h"

namespace qprompt {
namespace {

ClassHead head_of(const Model& model, const PromptFile& prompt,
                  std::shared_ptr<const PromptLearner> learner,
                  const std::vector<std::string>& class_names,
                  const std::optional<std::filesystem::path>& cache) {
  if (learner->image_conditioned()) {
    require_servable(model, prompt, *learner, class_names);
    return {model, std::move(learner), values(prompt), class_names};
  }
  Matrix matrix = cache ? cached_class_matrix(model, prompt, class_names, *cache)
                        : class_matrix(model, prompt, class_names);
  return {std::move(matrix), model.logit_scale()};
}

}  // namespace

Deployment deploy(const Model& model, const PromptFile& prompt,
                  const std::vector<std::string>& class_names,
                  const std::optional<std::filesystem::path>& cache) {
  require_same_backbone(prompt, model);
  const std::shared_ptr<const PromptLearner> learner = make_learner(prompt.method, model);
  return {head_of(model, prompt, learner, class_names, cache),
          vision_prompts(model, *learner, values(prompt))};
}

Deployment deploy_templates(const Model& model, const std::vector<std::string>& templates,
                            const std::vector<std::string>& class_names) {
  return {ClassHead(zero_shot_features(model, templates, class_names), model.logit_scale()), {}};
}

}  // namespace qprompt
