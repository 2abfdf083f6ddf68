#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/clip/text_tower.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// A batch as the prompted model takes it: pixels [b, 3 size size] where the learner prompts the
// image tower, unit features [b, embed] of the frozen one else. Of several ranks, each reads the
// pixels of its part of the batch alone.
struct ImageBatch {
  Matrix unit_features;
  Matrix pixels;
};

// What the prompted (or the frozen) model says about a batch.
struct Outputs {
  Matrix images;              // [b, embed], unit rows
  std::vector<Matrix> texts;  // [n_cls, embed], unit rows: one for all images, or one per image
  Matrix logits;              // [b, n_cls]
};

// Gradient of an objective, with the same names and shapes. Matrices that are empty, or missing,
// are zero.
struct OutputGradient {
  Matrix images;
  std::vector<Matrix> texts;
  Matrix logits;
};

// What the gradients of a batch's parts add up to, on the way back to the parameters. Whatever is
// empty is zero.
struct PassGradient {
  std::vector<Matrix> texts;  // as those of Outputs
  VisionPrompts vision;
  ParameterMap head;  // of a learner on features, whose batch is one part
};

struct PromptedWorkspace {
  explicit PromptedWorkspace(const kernels::Device& device) : text(device), image(device) {}

  TextWorkspace text;
  ImageWorkspace image;
};

class PromptedPass;

// CLIP with a learner's prompts in its towers, for one class list, whose layout and embeddings are
// prepared once. Without pull-backs only its texts serve. Of several ranks of the model's engine,
// each passes its part of the classes and of a batch's images through the towers; outputs and
// gradients are the whole's on all of them.
class PromptedClip {
 public:
  PromptedClip(const Model& model, std::shared_ptr<const PromptLearner> learner,
               const std::vector<std::string>& class_names,
               kernels::Differentiable differentiable = kernels::Differentiable::kYes);

  const Model& model() const { return model_; }
  const PromptLearner& learner() const { return *learner_; }
  const ClassTokens& classes() const { return classes_; }

  // Texts of the classes [n_cls, embed], unit rows, with these prompts in place.
  Matrix unit_texts(const TextPrompts& prompts) const;

  // Whether learned rows enter the text tower.
  bool prompts_texts() const { return text_tower_ != nullptr; }

  // What a learner on features reads: the classes and their texts, which are fixed.
  ClassTexts class_texts() const { return {classes_.names, fixed_texts_, model_.logit_scale()}; }

  // What the learner starts from. `shots` matter to learners on features alone.
  ParameterMap initial_values(const Shots& shots, std::uint64_t seed) const;

  // `values` as the towers shall use them: under quantization that is W_q. The pass borrows them
  // and the workspace.
  PromptedPass forward(const ParameterMap& values, const ImageBatch& batch,
                       PromptedWorkspace& workspace, Keep keep) const;
  PromptedPass forward(ParameterMap&& values, const ImageBatch& batch, PromptedWorkspace& workspace,
                       Keep keep) const = delete;

  // The parts of a batch that go forward and back one after another, so that activations of few
  // images are kept at a time: all of it where the learner leaves the image tower frozen. Of
  // several ranks each has a part of the images as it is.
  std::vector<Part> parts_of(const ParameterMap& values, const ImageBatch& batch,
                             const PromptedWorkspace& workspace) const;

 private:
  friend class PromptedPass;

  Model model_;
  std::shared_ptr<const PromptLearner> learner_;
  ClassTokens classes_;
  std::shared_ptr<const EmbeddedTexts> texts_;      // none where no learned row enters them
  std::shared_ptr<const EmbeddedTexts> own_texts_;  // of this rank's classes, likewise
  std::shared_ptr<const TextTower> text_tower_;     // none where no learned row enters it
  std::shared_ptr<const ImageTower> image_tower_;  // differentiable, where something learned enters
  Matrix fixed_texts_;                             // unit rows, where text_tower_ is none
};

// One forward pass and its vector-Jacobian product: of a whole batch, or of its parts one after
// another, whose texts pass through their tower once.
class PromptedPass {
 public:
  PromptedPass(const PromptedPass&) = delete;
  PromptedPass& operator=(const PromptedPass&) = delete;

  const Outputs& outputs() const { return outputs_; }

  // Gradient of every parameter from that of the outputs. May be asked more than once.
  ParameterMap pull_back(const OutputGradient& d_outputs);

  // The same in parts: each one's gradient is added to `sum` before the next part's images are
  // passed through, and the parameters' is that of the sum.
  void pull_back(const OutputGradient& d_outputs, PassGradient& sum);
  void next(const ImageBatch& part);
  ParameterMap pull_back(PassGradient sum);

 private:
  friend class PromptedClip;
  PromptedPass(const PromptedClip& clip, const ParameterMap& values, const ImageBatch& batch,
               PromptedWorkspace& workspace, Keep keep);
  void encode_images(const ImageBatch& batch);
  void encode_texts();
  void compare();
  ParameterMap pull_back_part(PassGradient sum);
  Matrix d_unit_images(const OutputGradient& d_outputs) const;
  Matrix d_unit_texts(const OutputGradient& d_outputs, std::size_t text) const;

  const PromptedClip* clip_;
  Part own_images_, own_classes_;  // of this rank: what its passes are of
  const ParameterMap* values_;
  PromptedWorkspace* workspace_;
  Keep keep_;
  Matrix conditions_;  // [b, embed] unit features, for learners that condition on the image
  Prompts prompts_;
  std::optional<ImagePass> image_pass_;
  std::optional<UnitRows> unit_images_;
  std::vector<TextPass> text_passes_;
  std::vector<UnitRows> unit_texts_;
  FeaturePass::PullBack head_pull_back_;  // of a learner on features; borrows from this pass
  Outputs outputs_;
};

}  // namespace qprompt
