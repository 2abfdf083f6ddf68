#include "qprompt/train/objective.h"

#include "qprompt/core/error.h"
#include "qprompt/data/templates.h"
#include "qprompt/prompt/zero_shot.h"
#include "qprompt/train/loss.h"

namespace qprompt {

Objective::Objective(const RegularizerConfig& config, const Model& model,
                     const std::vector<std::string>& class_names)
    : regularizer_(make_regularizer(config)), logit_scale_(model.logit_scale()) {
  if (regularizer_ == nullptr) return;
  const auto average = regularizer_->averages_raw_texts() ? TemplateAverage::kRawFeatures
                                                          : TemplateAverage::kUnitFeatures;
  frozen_texts_ = zero_shot_texts(model, templates_of(config.anchor), class_names, average);
}

ObjectiveGradient Objective::evaluate(const Outputs& outputs, const Matrix& frozen_images,
                                      std::span<const int> labels) const {
  LossGradient classified = cross_entropy(outputs.logits, labels);
  ObjectiveGradient result{classified.loss, classified.correct, {}, {}};
  result.d_outputs.logits = std::move(classified.d_logits);
  if (regularizer_ == nullptr) return result;
  Outputs frozen{{}, {frozen_texts_}, {}};
  if (compares_images()) {
    require(frozen_images.rows() == outputs.images.rows(), "Objective: ", frozen_images.rows(),
            " features of the frozen tower for ", outputs.images.rows(), " images");
    frozen.images = frozen_images;
    frozen.logits = cosine_logits(frozen_images, frozen_texts_, logit_scale_);
  }
  result.loss += regularizer_->add(outputs, frozen, result.d_outputs);
  result.second = regularizer_->second_objective(outputs, frozen);
  return result;
}

StepGradient loss_and_gradient(const PromptedClip& clip, const Objective& objective,
                               const ParameterMap& values, const ImageBatch& images,
                               std::span<const int> labels, PromptedWorkspace& workspace) {
  PromptedPass pass = clip.forward(values, images, workspace, Keep::kForPullBack);
  const ObjectiveGradient at = objective.evaluate(pass.outputs(), images.unit_features, labels);
  StepGradient step{at.loss, at.correct, pass.pull_back(at.d_outputs)};
  if (at.second) objective.bend(step.gradient, pass.pull_back(*at.second));
  return step;
}

}  // namespace qprompt
