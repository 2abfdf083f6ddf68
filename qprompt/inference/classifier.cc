#include "qprompt/inference/classifier.h"

#include <algorithm>
#include <numeric>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {
namespace {

std::vector<ClassScore> best_scores(const Eigen::RowVectorXd& probabilities,
                                    const std::vector<std::string>& class_names, int top_k) {
  std::vector<std::size_t> order(class_names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = std::min(order.size(), static_cast<std::size_t>(top_k));
  // Equals keep the class list's order.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  std::vector<ClassScore> scores;
  for (std::size_t i = 0; i < count; ++i) {
    scores.push_back({class_names[order[i]], probabilities[order[i]]});
  }
  return scores;
}

}  // namespace

std::vector<Classification> classify(const AdaptedModel& model, std::span<const ImageSource> images,
                                     const ClassifyOptions& options) {
  return at_border([&] {
    require(options.top_k >= 1, "top ", options.top_k, ", expected at least 1");
    require(options.min_confidence >= 0 && options.min_confidence <= 1, "min_confidence ",
            options.min_confidence, ", expected 0..1");
    const ImageFeatures features = model.features(images, options.features);
    const Matrix logits = model.logits(features);
    std::vector<Classification> results;
    auto damage = features.skipped.begin();
    for (std::size_t i = 0; i < images.size(); ++i) {
      Classification result{images[i].name(), {}, false, {}};
      if (features.first[i] < 0) {
        result.damage = *damage++;
      } else {
        result.scores =
            best_scores(softmax(logits.row(features.first[i])), model.class_names(), options.top_k);
        result.abstained = result.scores.front().probability < options.min_confidence;
      }
      results.push_back(std::move(result));
    }
    return results;
  });
}

Classification classify(const AdaptedModel& model, const ImageSource& image,
                        const ClassifyOptions& options) {
  return classify(model, std::span(&image, 1), options).front();
}

}  // namespace qprompt
