#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/adapter/feature_learner.h"
#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/clip/text_layout.h"
#include "qprompt/core/matrix.h"
#include "qprompt/core/parameter.h"
#include "qprompt/prompt/config.h"

namespace qprompt {

// What enters the towers. A gradient has the same shape.
struct Prompts {
  std::vector<TextPrompts> text;  // one for all images, or one per image
  VisionPrompts vision;
};

// What a learner's prompts may depend on.
struct PromptInputs {
  const ClassTokens& classes;
  const Matrix& image_features;  // [b, embed] unit rows, for learners that condition on the image
};

// A method: which matrices it owns, how they start, where they enter, and the pull-back. A pure
// function of parameter values, so that training, quantized training, new classes and serving are
// the same call.
class PromptLearner {
 public:
  virtual ~PromptLearner() = default;

  virtual std::vector<ParameterSpec> parameters(const ClassTokens& classes) const = 0;
  virtual ParameterMap initial_values(const ClassTokens& classes, std::uint64_t seed) const = 0;
  virtual TextLayout layout(const ClassTokens& classes) const = 0;
  virtual Prompts prompts(const ParameterMap& values, const PromptInputs& inputs) const = 0;
  // Gradient of every parameter from that of the prompts.
  virtual ParameterMap pull_back(const ParameterMap& values, const PromptInputs& inputs,
                                 const Prompts& d_prompts) const = 0;

  // Whether the parameters belong to the classes they were learned with and say nothing of others.
  virtual bool class_bound() const { return false; }
  // Whether prompts() gives text prompts for every image, from its features, instead of one set.
  virtual bool image_conditioned() const { return false; }
  // Whether tokens enter the image tower, so that features of images depend on the parameters.
  virtual bool prompts_images() const { return false; }
  // Whether texts of the classes matter at all.
  virtual bool reads_texts() const { return true; }
  // Whether epochs of steps follow the initial values, or these are all there is to learn.
  virtual bool learns_by_steps() const { return true; }
  // What makes logits of features, where that is more than their cosines to the texts: a learner on
  // features. None for prompts.
  virtual const FeatureLearner* head() const { return nullptr; }
};

// The factory: a method that is missing here does not compile. `seen`: the classes that a learner
// on features remembers, which is a part of what it learned; prompts need none.
std::shared_ptr<const PromptLearner> make_learner(const MethodConfig& config, const Model& model,
                                                  const SeenClasses& seen = {});

// A class list for questions whose answer depends on no class: the parameters of a method that is
// not class-bound, and tokens of the image tower.
ClassTokens any_classes(const Model& model);

// The class list in the model's tokens.
ClassTokens tokenize_classes(const Model& model, const std::vector<std::string>& class_names);

// Throws Error unless `values` holds exactly the learner's matrices.
void require_parameters(const PromptLearner& learner, const ClassTokens& classes,
                        const ParameterMap& values);

}  // namespace qprompt
