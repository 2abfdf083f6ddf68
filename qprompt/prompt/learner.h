#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/clip/text_layout.h"
#include "qprompt/core/matrix.h"
#include "qprompt/prompt/config.h"

namespace qprompt {

// Bits are chosen per kind; biases are never quantized.
enum class ParameterKind : std::uint8_t { kContext, kProjection, kBias };

struct ParameterSpec {
  std::string name;
  Index rows = 0, cols = 0;
  ParameterKind kind = ParameterKind::kContext;
  bool stands_for_tokens =
      false;  // its rows are inputs of the text tower, as tokens' embeddings are
};

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

  // Whether the parameters belong to the class list they were learned with.
  virtual bool class_bound() const { return false; }
  // Whether prompts() gives text prompts for every image, from its features, instead of one set.
  virtual bool image_conditioned() const { return false; }
  // Whether tokens enter the image tower, so that features of images depend on the parameters.
  virtual bool prompts_images() const { return false; }
};

// The factory: a method that is missing here does not compile.
std::shared_ptr<const PromptLearner> make_learner(const MethodConfig& config, const Model& model);

// A class list for questions whose answer depends on no class: the parameters of a method that is
// not class-bound, and tokens of the image tower.
ClassTokens any_classes(const Model& model);

// The class list in the model's tokens.
ClassTokens tokenize_classes(const Model& model, const std::vector<std::string>& class_names);

// Throws Error unless `values` holds exactly the learner's matrices.
void require_parameters(const PromptLearner& learner, const ClassTokens& classes,
                        const ParameterMap& values);

}  // namespace qprompt
