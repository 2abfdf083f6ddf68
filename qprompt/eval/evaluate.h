#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/dataset.h"
#include "qprompt/features/image_features.h"
#include "qprompt/prompt/class_head.h"
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

}  // namespace qprompt
