#include "qprompt/prompt/class_head.h"

#include "qprompt/core/error.h"
#include "qprompt/prompt/text_features.h"

namespace qprompt {

struct ClassHead::Conditioned {
  Model model;
  std::shared_ptr<const PromptLearner> learner;
  ParameterMap values;
  PromptedClip clip;

  Conditioned(const Model& model_in, std::shared_ptr<const PromptLearner> learner_in,
              ParameterMap values_in, const std::vector<std::string>& class_names)
      : model(model_in),
        learner(std::move(learner_in)),
        values(std::move(values_in)),
        clip(model, *learner, class_names, kernels::Differentiable::kNo) {
    require_parameters(*learner, clip.classes(), values);
  }
};

ClassHead::ClassHead(Matrix class_matrix, float logit_scale)
    : classes_(class_matrix.rows()),
      logit_scale_(logit_scale),
      class_matrix_(std::move(class_matrix)) {}

ClassHead::ClassHead(const Model& model, std::shared_ptr<const PromptLearner> learner,
                     ParameterMap values, const std::vector<std::string>& class_names)
    : classes_(static_cast<Index>(class_names.size())), logit_scale_(model.logit_scale()) {
  if (learner->image_conditioned()) {
    conditioned_ = std::make_shared<const Conditioned>(model, std::move(learner), std::move(values),
                                                       class_names);
  } else {
    class_matrix_ = class_features(model, *learner, values, class_names);
  }
}

Matrix ClassHead::logits(const Matrix& unit_images) const {
  const Index embed = conditioned_ ? conditioned_->model.shape().embed : class_matrix_.cols();
  require(unit_images.cols() == embed, "ClassHead: features of width ", unit_images.cols(),
          ", expected ", embed);
  if (conditioned_ == nullptr) return cosine_logits(unit_images, class_matrix_, logit_scale_);
  PromptedWorkspace workspace(conditioned_->model.device());
  Matrix logits(unit_images.rows(), classes_);
  for (Index i = 0; i < unit_images.rows(); ++i) {
    const ImageBatch image{unit_images.row(i), {}};
    logits.row(i) =
        conditioned_->clip.forward(conditioned_->values, image, workspace, Keep::kNothing)
            .outputs()
            .logits;
  }
  return logits;
}

VisionPrompts vision_prompts(const Model& model, const PromptLearner& learner,
                             const ParameterMap& values) {
  if (!learner.prompts_images()) return {};
  return learner.prompts(values, {any_classes(model), Matrix()}).vision;
}

}  // namespace qprompt
