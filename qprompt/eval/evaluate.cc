#include "qprompt/eval/evaluate.h"

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/features/image_side.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {
namespace {

std::vector<ImageRequest> requests_for(std::span<const Item> items) {
  require_files(items);
  std::vector<ImageRequest> requests;
  for (const Item& item : items) requests.push_back({item.image});
  return requests;
}

Evaluation measured(const AdaptedModel& model, std::span<const Item> items,
                    const ImageFeatures& features) {
  const auto classes = std::ssize(model.class_names());
  const Matrix logits = model.logits(features);
  const std::vector<int> predicted = predictions(logits);
  Evaluation evaluation;
  evaluation.skipped = features.skipped;
  evaluation.notices = features.notices;
  std::vector<int> labels;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const int label = items[i].label;
    require(label >= 0 && label < classes, "evaluate: label ", label, " among ", classes,
            " classes");
    const Index row = features.first[i];
    if (row < 0) continue;
    labels.push_back(label);
    const int best = predicted[static_cast<std::size_t>(row)];
    evaluation.images.push_back(
        {items[i].image.name(), label, best, softmax(logits.row(row))[best]});
  }
  evaluation.metrics = measure(logits, labels);
  return evaluation;
}

}  // namespace

Evaluation evaluate(const AdaptedModel& model, std::span<const Item> images,
                    const FeatureOptions& options) {
  return at_border([&]() -> Evaluation {
    const ImageFeatures features =
        image_features(model.image_side(), requests_for(images), options);
    return measured(model, images, features);
  });
}

Evaluation evaluate(const AdaptedModel& model, std::span<const Item> images,
                    const ImageFeatures& features) {
  return at_border([&] {
    require(features.first.size() == images.size(), "evaluate: features of ", features.first.size(),
            " images for ", images.size());
    return measured(model, images, features);
  });
}

TestImages::TestImages(const Model& model, std::vector<Item> items, FeatureOptions options)
    : model_(model), items_(std::move(items)), options_(std::move(options)) {}

const ImageFeatures& TestImages::frozen() {
  if (!frozen_) {
    frozen_ = image_features(ImageSide(model_), requests_for(items_), options_);
    skipped_ = frozen_->skipped;
  }
  return *frozen_;
}

Index TestImages::count() {
  return at_border([&] { return frozen().features.rows(); });
}

Evaluation TestImages::evaluate(const AdaptedModel& adapted) {
  return at_border([&] {
    if (!adapted.prompts_images()) return measured(adapted, items_, frozen());
    FeatureOptions options = options_;
    options.cache = nullptr;  // nobody asks for these again
    Evaluation evaluation = qprompt::evaluate(adapted, items_, options);
    skipped_ = evaluation.skipped;
    return evaluation;
  });
}

}  // namespace qprompt
