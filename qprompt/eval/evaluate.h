#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/dataset.h"
#include "qprompt/features/image_features.h"
#include "qprompt/prompt/class_head.h"
#include "qprompt/serve/deployment.h"
#include "qprompt/train/metrics.h"

namespace qprompt {

// Images with their labels as a tower sees them.
struct LabelledFeatures {
  Matrix unit;              // [n, embed], unit rows
  std::vector<int> labels;  // positions in the class list
  std::vector<std::string> skipped;
};
LabelledFeatures labelled_features(const Model& model, std::span<const Item> items,
                                   const FeatureOptions& options = {});

Metrics evaluate(const LabelledFeatures& images, const ClassHead& head);
// class_matrix [n_cls, embed], unit rows.
Metrics evaluate(const LabelledFeatures& images, const Matrix& class_matrix);

// Test images for several deployments: encoded once for all that leave the image tower as it is,
// and again for each that has tokens in it. Borrows the model.
class TestImages {
 public:
  TestImages(const Model& model, std::vector<Item> items, FeatureOptions options = {});

  // As the frozen tower sees them; encoded when first asked for.
  const LabelledFeatures& frozen();
  // Throws Error for a deployment of another embedding width.
  Metrics evaluate(const Deployment& deployment);
  // Damaged images that were left out, as far as any were read.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  LabelledFeatures encoded(const FeatureOptions& options);

  const Model& model_;
  std::vector<Item> items_;
  FeatureOptions options_;
  std::optional<LabelledFeatures> frozen_;
  std::vector<std::string> skipped_;
};

}  // namespace qprompt
