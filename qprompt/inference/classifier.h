#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/features/image_features.h"
#include "qprompt/inference/adapted_model.h"

namespace qprompt {

struct ClassScore {
  std::string class_name;
  double probability = 0;
  std::optional<double> cosine{};  // of image and class, where logits are nothing but cosines
  Index class_index{};             // its place in the class list
};

struct Classification {
  std::string image{};               // its name: the path, or what it was called
  std::vector<ClassScore> scores{};  // best first, at most top_k of them
  bool abstained = false;            // the best probability is below min_confidence
  double margin = 0;                 // the best probability less the second, 1 among one class
  double known_score = 0;            // how likely it is one of the classes (known_score.h)
  bool unknown = false;              // that is below min_known_score
  std::string damage{};              // why a skipped image could not be read, else empty
};

struct ClassifyOptions {
  int top_k = 1;
  double min_confidence = 0;  // 0..1
  std::optional<double> min_known_score{};
  FeatureOptions features{};
};

// Names for images, with their probabilities among the model's classes.
QPROMPT_API std::vector<Classification> classify(const AdaptedModel& model,
                                                 std::span<const ImageSource> images,
                                                 const ClassifyOptions& options = {});
QPROMPT_API Classification classify(const AdaptedModel& model, const ImageSource& image,
                                    const ClassifyOptions& options = {});

// The same of features that this model's image side encoded, of images with these names. What the
// options say of features was said when they were encoded.
QPROMPT_API std::vector<Classification> classify(const AdaptedModel& model,
                                                 const ImageFeatures& features,
                                                 std::span<const std::string> names,
                                                 const ClassifyOptions& options = {});

}  // namespace qprompt
