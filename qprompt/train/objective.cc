#include "qprompt/train/objective.h"

#include <utility>

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

namespace {

ImageBatch rows_of(const ImageBatch& batch, Part part) {
  const auto rows = [part](const Matrix& m) {
    return m.rows() == 0 ? Matrix() : Matrix(m.middleRows(part.first, part.count));
  };
  return {rows(batch.unit_features), rows(batch.pixels)};
}

OutputGradient scaled(OutputGradient d, double factor) {
  const auto share = static_cast<float>(factor);
  d.images *= share;
  for (Matrix& texts : d.texts) texts *= share;
  d.logits *= share;
  return d;
}

}  // namespace

// Objectives are means over the images: that of a batch is the mean of its parts', each by its
// share of the images.
StepGradient loss_and_gradient(const PromptedClip& clip, const Objective& objective,
                               const ParameterMap& values, const ImageBatch& images,
                               std::span<const int> labels, PromptedWorkspace& workspace) {
  const std::vector<Part> parts = clip.parts_of(values, images, workspace);
  ImageBatch own = rows_of(images, parts.front());
  PromptedPass pass = clip.forward(values, own, workspace, Keep::kForPullBack);
  StepGradient step;
  PassGradient gradient;
  std::optional<PassGradient> second;
  for (const Part part : parts) {
    if (part.first > 0) {
      own = rows_of(images, part);
      pass.next(own);
    }
    ObjectiveGradient at = objective.evaluate(
        pass.outputs(), own.unit_features,
        labels.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count)));
    const double share = static_cast<double>(part.count) / static_cast<double>(labels.size());
    step.loss += share * at.loss;
    step.correct += at.correct;
    pass.pull_back(scaled(std::move(at.d_outputs), share), gradient);
    if (!at.second) continue;
    if (!second) second.emplace();
    pass.pull_back(scaled(std::move(*at.second), share), *second);
  }
  step.gradient = pass.pull_back(std::move(gradient));
  if (second) objective.bend(step.gradient, pass.pull_back(std::move(*second)));
  return step;
}

}  // namespace qprompt
