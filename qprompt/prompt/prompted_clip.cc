#include "qprompt/prompt/prompted_clip.h"

#include <algorithm>
#include <utility>

#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/kernels/product.h"

namespace qprompt {
namespace {

using kernels::Differentiable;

bool has_learned_rows(const TextLayout& layout) {
  auto learned = [](const TextRow& row) { return row.source == TextRow::Source::kLearned; };
  return std::any_of(layout.shared.begin(), layout.shared.end(), learned) ||
         std::any_of(layout.own.begin(), layout.own.end(), [&](const auto& rows) {
           return std::any_of(rows.begin(), rows.end(), learned);
         });
}

Matrix rows_of(const Matrix& m, Part part) { return m.middleRows(part.first, part.count); }

// a + b, where either may be empty for zero.
Matrix sum(const Matrix& a, const Matrix& b) {
  if (a.size() == 0) return b;
  if (b.size() == 0) return a;
  return a + b;
}

}  // namespace

PromptedClip::PromptedClip(const Model& model, std::shared_ptr<const PromptLearner> learner,
                           const std::vector<std::string>& class_names,
                           Differentiable differentiable)
    : model_(model), learner_(std::move(learner)), classes_(tokenize_classes(model, class_names)) {
  require(!(learner_->image_conditioned() && learner_->prompts_images()),
          "PromptedClip: prompts that depend on the image cannot enter the image tower");
  if (!learner_->reads_texts()) {
    fixed_texts_ = Matrix::Zero(classes_.count(), model.shape().embed);
    return;
  }
  const TextLayout layout = learner_->layout(classes_);
  if (has_learned_rows(layout)) {
    text_tower_ = model.text_tower(differentiable);
    texts_ = text_tower_->embed(layout);
    own_texts_ = part_of(texts_, part_of(model.engine().ranks(), texts_->classes()));
  } else {
    const auto tower = model.text_tower();
    fixed_texts_ = UnitRows(model.engine().encode(*tower, tower->embed(layout), {})).unit;
  }
  if (learner_->prompts_images() && differentiable == Differentiable::kYes) {
    image_tower_ = model.image_tower(differentiable);
  }
}

Matrix PromptedClip::unit_texts(const TextPrompts& prompts) const {
  if (!prompts_texts()) return fixed_texts_;
  return UnitRows(model_.engine().encode(*text_tower_, texts_, prompts)).unit;
}

ParameterMap PromptedClip::initial_values(const Shots& shots, std::uint64_t seed) const {
  const FeatureLearner* head = learner_->head();
  return head != nullptr ? head->initial_values(shots, class_texts(), seed)
                         : learner_->initial_values(classes_, seed);
}

PromptedPass PromptedClip::forward(const ParameterMap& values, const ImageBatch& batch,
                                   PromptedWorkspace& workspace, Keep keep) const {
  return {*this, values, batch, workspace, keep};
}

std::vector<Part> PromptedClip::parts_of(const ParameterMap& values, const ImageBatch& batch,
                                         const PromptedWorkspace& workspace) const {
  const Index images = std::max(batch.pixels.rows(), batch.unit_features.rows());
  if (!learner_->prompts_images() || model_.engine().ranks().size() > 1) return {{0, images}};
  const VisionPrompts vision = learner_->prompts(values, {classes_, Matrix()}).vision;
  return image_tower_->parts_of(images, vision, workspace.image);
}

PromptedPass::PromptedPass(const PromptedClip& clip, const ParameterMap& values,
                           const ImageBatch& batch, PromptedWorkspace& workspace, Keep keep)
    : clip_(&clip),
      own_classes_(part_of(clip.model_.engine().ranks(), clip.classes_.count())),
      values_(&values),
      workspace_(&workspace),
      keep_(keep) {
  if (clip.learner_->image_conditioned()) conditions_ = batch.unit_features;
  prompts_ = clip.learner_->prompts(*values_, {clip.classes_, conditions_});
  encode_images(batch);
  encode_texts();
  compare();
}

void PromptedPass::next(const ImageBatch& part) {
  require(!clip_->learner_->image_conditioned(),
          "PromptedPass: texts that depend on the images are those of one batch alone");
  encode_images(part);
  compare();
}

void PromptedPass::encode_images(const ImageBatch& batch) {
  if (!clip_->learner_->prompts_images()) {
    outputs_.images = batch.unit_features;
    return;
  }
  require(clip_->image_tower_ != nullptr, "PromptedClip: made without pull-backs for texts alone");
  const Ranks& ranks = clip_->model_.engine().ranks();
  outputs_.images = split_rows(ranks, batch.pixels.rows(), [&](Part own) {
    own_images_ = own;
    image_pass_ = clip_->image_tower_->forward(rows_of(batch.pixels, own), prompts_.vision,
                                               workspace_->image, keep_);
    return unit_images_.emplace(image_pass_->features()).unit;
  });
}

void PromptedPass::encode_texts() {
  if (clip_->text_tower_ == nullptr) {
    outputs_.texts.push_back(clip_->fixed_texts_);
    return;
  }
  for (const TextPrompts& text : prompts_.text) {
    text_passes_.push_back(
        clip_->text_tower_->forward(clip_->own_texts_, text, workspace_->text, keep_));
    unit_texts_.emplace_back(text_passes_.back().features());
    outputs_.texts.push_back(gather_rows(clip_->model_.engine().ranks(), unit_texts_.back().unit));
  }
}

void PromptedPass::compare() {
  const float scale = clip_->model_.logit_scale();
  const Matrix& images = outputs_.images;
  if (const FeatureLearner* head = clip_->learner_->head()) {
    FeaturePass pass = head->forward(*values_, clip_->class_texts(), images);
    outputs_.logits = std::move(pass.logits);
    head_pull_back_ = std::move(pass.pull_back);
    return;
  }
  if (!clip_->learner_->image_conditioned()) {
    outputs_.logits = cosine_logits(images, outputs_.texts.front(), scale);
    return;
  }
  outputs_.logits.resize(images.rows(), clip_->classes_.count());
  for (Index i = 0; i < images.rows(); ++i) {
    outputs_.logits.row(i) = cosine_logits(images.row(i), outputs_.texts[i], scale);
  }
}

Matrix PromptedPass::d_unit_images(const OutputGradient& d) const {
  if (d.logits.size() == 0) return d.images;
  const float scale = clip_->model_.logit_scale();
  return sum(scale * kernels::product(d.logits, outputs_.texts.front()), d.images);
}

Matrix PromptedPass::d_unit_texts(const OutputGradient& d, std::size_t text) const {
  const Matrix none;
  const Matrix& direct = text < d.texts.size() ? d.texts[text] : none;
  if (d.logits.size() == 0) return direct;
  const float scale = clip_->model_.logit_scale();
  if (!clip_->learner_->image_conditioned()) {
    return sum(cosine_logits_pull_back(outputs_.images, scale, d.logits), direct);
  }
  const auto image = static_cast<Index>(text);
  return sum(cosine_logits_pull_back(outputs_.images.row(image), scale, d.logits.row(image)),
             direct);
}

ParameterMap PromptedPass::pull_back(const OutputGradient& d_outputs) {
  PassGradient gradient;
  pull_back(d_outputs, gradient);
  return pull_back(std::move(gradient));
}

void PromptedPass::pull_back(const OutputGradient& d_outputs, PassGradient& into) {
  if (clip_->learner_->head() != nullptr) {
    require(head_pull_back_ != nullptr, "a learner without steps has no gradient");
    require(into.head.empty(), "PromptedPass: a learner on features takes its batch in one part");
    into.head = head_pull_back_(d_outputs.logits);
    return;
  }
  into.texts.resize(text_passes_.size());
  for (std::size_t i = 0; i < text_passes_.size(); ++i) {
    into.texts[i] = sum(into.texts[i], d_unit_texts(d_outputs, i));
  }
  if (!image_pass_) return;
  const Matrix d_features = unit_images_->pull_back(rows_of(d_unit_images(d_outputs), own_images_));
  VisionPrompts d_vision = image_pass_->pull_back(d_features);
  if (into.vision.tokens.size() == 0) {
    into.vision = std::move(d_vision);
  } else {
    into.vision += d_vision;
  }
}

ParameterMap PromptedPass::pull_back(PassGradient gradient) {
  // Nothing was learned in the towers: images and texts are fixed, and whole on every rank.
  if (clip_->learner_->head() != nullptr) return std::move(gradient.head);
  ParameterMap parameters = pull_back_part(std::move(gradient));
  sum(clip_->model_.engine().ranks(), parameters);
  return parameters;
}

// The part of the gradient that came through this rank's passes: parameters' gradients are linear
// in those of the prompts.
ParameterMap PromptedPass::pull_back_part(PassGradient gradient) {
  Prompts d_prompts{.text = {}, .vision = std::move(gradient.vision)};
  for (std::size_t i = 0; i < text_passes_.size(); ++i) {
    const Matrix d_features = unit_texts_[i].pull_back(rows_of(gradient.texts[i], own_classes_));
    d_prompts.text.push_back(text_passes_[i].pull_back(d_features));
  }
  return clip_->learner_->pull_back(*values_, {clip_->classes_, conditions_}, d_prompts);
}

}  // namespace qprompt
