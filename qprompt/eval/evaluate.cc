#include "qprompt/eval/evaluate.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"

namespace qprompt {

LabelledFeatures labelled_features(const Model& model, std::span<const Item> items,
                                   const FeatureOptions& options) {
  require_files(items);
  std::vector<ImageRequest> requests;
  for (const Item& item : items) requests.push_back({item.path, {}});
  ImageFeatures features = image_features(model, requests, options);
  LabelledFeatures result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (features.first[i] >= 0) result.labels.push_back(items[i].label);
  }
  result.unit = UnitRows(features.features).unit;
  result.skipped = std::move(features.skipped);
  return result;
}

Metrics evaluate(const LabelledFeatures& images, const Matrix& class_matrix) {
  require(images.unit.cols() == class_matrix.cols(), "evaluate: image features of width ",
          images.unit.cols(), ", class matrix of width ", class_matrix.cols());
  for (const int label : images.labels) {
    require(label >= 0 && label < class_matrix.rows(), "evaluate: label ", label, " among ",
            class_matrix.rows(), " classes");
  }
  // The logit scale is positive: it does not change which class is best.
  const Matrix scores = cosine_logits(images.unit, class_matrix, 1.0f);
  return measure(predictions(scores), images.labels, class_matrix.rows());
}

}  // namespace qprompt
