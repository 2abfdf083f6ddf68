#include "qprompt/inference/classifier.h"

#include <algorithm>
#include <numeric>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/inference/known_score.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {
namespace {

// Positions of the classes by their probabilities; equals keep the class list's order.
std::vector<std::size_t> best_first(const Eigen::RowVectorXd& probabilities) {
  std::vector<std::size_t> order(static_cast<std::size_t>(probabilities.size()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  return order;
}

void add_scores(const AdaptedModel& model, const AdaptedModel::Scores& scores, Index row, int top_k,
                Classification& result) {
  const Eigen::RowVectorXd probabilities = softmax(scores.logits.row(row));
  const std::vector<std::size_t> order = best_first(probabilities);
  const auto scale = model.cosine_scale();
  const auto count = std::min(order.size(), static_cast<std::size_t>(top_k));
  for (const std::size_t c : std::span(order).first(count)) {
    const auto index = static_cast<Index>(c);
    result.scores.push_back({model.class_names()[c], probabilities[c], std::nullopt, index});
    if (scale) result.scores.back().cosine = scores.raw(row, index) / *scale;
  }
  const double second = order.size() > 1 ? probabilities[order[1]] : 0;
  result.margin = probabilities[order[0]] - second;
}

void require_valid(const ClassifyOptions& options) {
  require(options.top_k >= 1, "top ", options.top_k, ", expected at least 1");
  require(options.min_confidence >= 0 && options.min_confidence <= 1, "min_confidence ",
          options.min_confidence, ", expected 0..1");
}

}  // namespace

std::vector<Classification> classify(const AdaptedModel& model, const ImageFeatures& features,
                                     std::span<const std::string> names,
                                     const ClassifyOptions& options) {
  return at_border([&] {
    require_valid(options);
    require(names.size() == features.first.size(), names.size(), " names of images, expected ",
            features.first.size());
    const AdaptedModel::Scores scores = model.scores(features);
    const Vector known = known_scores(scores.raw);
    std::vector<Classification> results;
    auto damage = features.skipped.begin();
    for (std::size_t i = 0; i < names.size(); ++i) {
      Classification result{.image = names[i]};
      if (features.first[i] < 0) {
        result.damage = *damage++;
      } else {
        const Index row = features.first[i];
        add_scores(model, scores, row, options.top_k, result);
        result.known_score = known[row];
        result.unknown = options.min_known_score && known[row] < *options.min_known_score;
        result.abstained = result.scores.front().probability < options.min_confidence;
      }
      results.push_back(std::move(result));
    }
    return results;
  });
}

std::vector<Classification> classify(const AdaptedModel& model, std::span<const ImageSource> images,
                                     const ClassifyOptions& options) {
  return at_border([&] {
    require_valid(options);  // before anything is encoded
    std::vector<std::string> names;
    names.reserve(images.size());
    for (const ImageSource& image : images) names.push_back(image.name());
    return classify(model, model.features(images, options.features), names, options);
  });
}

Classification classify(const AdaptedModel& model, const ImageSource& image,
                        const ClassifyOptions& options) {
  return classify(model, std::span(&image, 1), options).front();
}

}  // namespace qprompt
