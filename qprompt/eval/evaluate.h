#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"
#include "qprompt/eval/metrics.h"
#include "qprompt/inference/adapted_model.h"

namespace qprompt {

// What the model said of one image.
struct ImageResult {
  std::string image;
  int label = 0, predicted = 0;
  double probability = 0;  // of the predicted class
};

struct Evaluation {
  Metrics metrics;
  std::vector<ImageResult> images;   // those that were read
  std::vector<std::string> skipped;  // damaged images that were left out
  std::vector<std::string> notices;  // of decoding
};

// How often the model is right about labelled images; a label is a position in its class list.
// Throws Error for a label beyond the class list.
QPROMPT_API Evaluation evaluate(const AdaptedModel& model, std::span<const Item> images,
                                const FeatureOptions& options = {});

// The same of features that this model's image side encoded, of these images.
QPROMPT_API Evaluation evaluate(const AdaptedModel& model, std::span<const Item> images,
                                const ImageFeatures& features);

// Test images for several adapted models: encoded once for all that leave the image tower as it is,
// and again for each that has tokens in it.
class QPROMPT_API TestImages {
 public:
  TestImages(const Model& model, std::vector<Item> items, FeatureOptions options = {});

  Evaluation evaluate(const AdaptedModel& adapted);
  // As the frozen tower sees them: how many can be read. Encoded when first asked for.
  Index count();
  // Damaged images that were left out, as far as any were read.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  const ImageFeatures& frozen();

  Model model_;
  std::vector<Item> items_;
  FeatureOptions options_;
  std::optional<ImageFeatures> frozen_;
  std::vector<std::string> skipped_;
};

}  // namespace qprompt
