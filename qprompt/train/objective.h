#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/regularizer.h"

namespace qprompt {

struct ObjectiveGradient {
  double loss = 0;
  Index correct = 0;
  OutputGradient d_outputs;
  std::optional<OutputGradient> second;  // for a regularizer that bends the parameters' gradient
};

// Cross-entropy over cosine logits, and a regularizer's terms.
class Objective {
 public:
  Objective(const RegularizerConfig& config, const Model& model,
            const std::vector<std::string>& class_names);

  // Whether batches must bring unit features of the frozen image tower.
  bool compares_images() const {
    return regularizer_ != nullptr && regularizer_->compares_images();
  }

  // Whether it acts on nothing but learned texts.
  bool compares_texts_only() const {
    return regularizer_ != nullptr && regularizer_->compares_texts_only();
  }

  ObjectiveGradient evaluate(const Outputs& outputs, const Matrix& frozen_images,
                             std::span<const int> labels) const;
  void bend(ParameterMap& gradient, const ParameterMap& second) const {
    regularizer_->bend(gradient, second);
  }

 private:
  std::unique_ptr<Regularizer> regularizer_;  // or none
  float logit_scale_;
  Matrix frozen_texts_;  // [n_cls, embed], unit rows
};

// One step's loss and the gradient of every parameter, with `values` as the forward pass uses them.
// Under quantization that is W_q, and the gradient goes straight through to W.
struct StepGradient {
  double loss = 0;
  Index correct = 0;
  ParameterMap gradient;
};
StepGradient loss_and_gradient(const PromptedClip& clip, const Objective& objective,
                               const ParameterMap& values, const ImageBatch& images,
                               std::span<const int> labels, PromptedWorkspace& workspace);

}  // namespace qprompt
