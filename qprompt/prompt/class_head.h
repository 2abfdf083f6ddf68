#pragma once

#include <memory>
#include <string>
#include <vector>

#include "qprompt/prompt/prompted_clip.h"

namespace qprompt {

// Scores unit image features [b, embed] among classes: with a fixed class matrix, or with texts
// made for every image (CoCoOp). Holds what it needs.
class ClassHead {
 public:
  // class_matrix [n_cls, embed], unit rows.
  ClassHead(Matrix class_matrix, float logit_scale);
  ClassHead(const Model& model, std::shared_ptr<const PromptLearner> learner, ParameterMap values,
            const std::vector<std::string>& class_names);

  Index classes() const { return classes_; }
  // [b, n_cls]. Throws Error for features of another width than the classes'.
  Matrix logits(const Matrix& unit_images) const;

 private:
  struct Conditioned;

  Index classes_;
  float logit_scale_;
  Matrix class_matrix_;
  std::shared_ptr<const Conditioned> conditioned_;  // none where the class matrix is fixed
};

// The learned tokens of the image tower, empty where a learner has none.
VisionPrompts vision_prompts(const Model& model, const PromptLearner& learner,
                             const ParameterMap& values);

}  // namespace qprompt
