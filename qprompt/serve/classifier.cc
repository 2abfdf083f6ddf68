#include "qprompt/serve/classifier.h"

#include <algorithm>
#include <numeric>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

Eigen::RowVectorXd softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits) {
  const Eigen::RowVectorXd exps =
      (logits.cast<double>().array() - static_cast<double>(logits.maxCoeff())).exp();
  return exps / exps.sum();
}

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

Classifier::Classifier(const Model& model, const PromptFile& prompt,
                       std::vector<std::string> class_names)
    : Classifier(model, deploy(model, prompt, class_names), class_names) {}

Classifier::Classifier(const Model& model, Matrix class_matrix,
                       std::vector<std::string> class_names)
    : Classifier(model, Deployment{{std::move(class_matrix), model.logit_scale()}, {}},
                 std::move(class_names)) {}

Classifier::Classifier(const Model& model, Deployment deployment,
                       std::vector<std::string> class_names)
    : model_(model), deployment_(std::move(deployment)), class_names_(std::move(class_names)) {
  require(deployment_.head.classes() == static_cast<Index>(class_names_.size()),
          "Classifier: ", deployment_.head.classes(), " rows for ", class_names_.size(),
          " class names");
  require(!class_names_.empty(), "Classifier: no class names");
}

std::vector<Classification> Classifier::classify(std::span<const std::filesystem::path> images,
                                                 const ClassifyOptions& options) const {
  require(options.top_k >= 1, "top ", options.top_k, ", expected at least 1");
  require(options.min_confidence >= 0 && options.min_confidence <= 1, "min_confidence ",
          options.min_confidence, ", expected 0..1");
  std::vector<ImageRequest> requests;
  for (const auto& path : images) requests.push_back({path, {}});
  FeatureOptions feature_options = options.features;
  feature_options.prompts = deployment_.vision;
  const ImageFeatures features = image_features(model_, requests, feature_options);
  const Matrix logits = deployment_.head.logits(UnitRows(features.features).unit);
  std::vector<Classification> results;
  auto damage = features.skipped.begin();
  for (std::size_t i = 0; i < images.size(); ++i) {
    Classification result{images[i], {}, false, {}};
    if (features.first[i] < 0) {
      result.damage = *damage++;
    } else {
      result.scores =
          best_scores(softmax(logits.row(features.first[i])), class_names_, options.top_k);
      result.abstained = result.scores.front().probability < options.min_confidence;
    }
    results.push_back(std::move(result));
  }
  return results;
}

Classification Classifier::classify(const std::filesystem::path& image) const {
  return classify(std::span(&image, 1)).front();
}

}  // namespace qprompt
