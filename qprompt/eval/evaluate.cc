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

Metrics evaluate(const LabelledFeatures& images, const ClassHead& head) {
  for (const int label : images.labels) {
    require(label >= 0 && label < head.classes(), "evaluate: label ", label, " among ",
            head.classes(), " classes");
  }
  return measure(predictions(head.logits(images.unit)), images.labels, head.classes());
}

Metrics evaluate(const LabelledFeatures& images, const Matrix& class_matrix) {
  require(images.unit.cols() == class_matrix.cols(), "evaluate: image features of width ",
          images.unit.cols(), ", class matrix of width ", class_matrix.cols());
  // The logit scale is positive: it does not change which class is best.
  return evaluate(images, ClassHead(class_matrix, 1.0f));
}

TestImages::TestImages(const Model& model, std::vector<Item> items, FeatureOptions options)
    : model_(model), items_(std::move(items)), options_(std::move(options)) {}

LabelledFeatures TestImages::encoded(const FeatureOptions& options) {
  LabelledFeatures images = labelled_features(model_, items_, options);
  skipped_ = images.skipped;
  return images;
}

const LabelledFeatures& TestImages::frozen() {
  if (!frozen_) frozen_ = encoded(options_);
  return *frozen_;
}

Metrics TestImages::evaluate(const Deployment& deployment) {
  if (deployment.vision.tokens.size() == 0) return qprompt::evaluate(frozen(), deployment.head);
  FeatureOptions prompted = options_;
  prompted.prompts = deployment.vision;
  prompted.cache.reset();  // nobody asks for these again
  return qprompt::evaluate(encoded(prompted), deployment.head);
}

}  // namespace qprompt
