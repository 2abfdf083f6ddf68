#include "qprompt/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {

namespace {

// How many classes score better than the image's own, equals in the class list's order.
Index rank_of(const Eigen::Ref<const Eigen::RowVectorXf>& scores, int label) {
  Index rank = 0;
  for (Index c = 0; c < scores.size(); ++c) {
    rank += scores[c] > scores[label] || (scores[c] == scores[label] && c < label);
  }
  return rank;
}

std::vector<Confusion> confusions_of(std::span<const int> predicted, std::span<const int> labels) {
  std::map<std::pair<int, int>, Index> counts;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (predicted[i] != labels[i]) ++counts[{labels[i], predicted[i]}];
  }
  std::vector<Confusion> confusions;
  confusions.reserve(counts.size());
  for (const auto& [pair, images] : counts) confusions.push_back({pair.first, pair.second, images});
  return confusions;
}

Calibration calibration_of(const Matrix& scores, std::span<const int> predicted,
                           std::span<const int> labels) {
  Calibration calibration;
  constexpr auto kBins = static_cast<double>(std::tuple_size_v<decltype(calibration.bins)>);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const double confidence = softmax(scores.row(row))[predicted[i]];
    require(std::isfinite(confidence), "measure: logits of image ", i, " are no finite numbers");
    calibration.nll -= log_softmax(scores.row(row))[labels[i]] / static_cast<double>(labels.size());
    const double place = std::clamp(std::ceil(confidence * kBins) - 1, 0.0, kBins - 1);
    CalibrationBin& bin = calibration.bins.at(static_cast<std::size_t>(place));
    ++bin.images;
    bin.correct += predicted[i] == labels[i];
    bin.confidence_sum += confidence;
  }
  return calibration;
}

// Counts of every class and of the whole; without what is computed of them.
void count(const Matrix& scores, std::span<const int> predicted, std::span<const int> labels,
           Metrics& metrics) {
  metrics.classes.resize(static_cast<std::size_t>(scores.cols()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool right = predicted[i] == labels[i];
    ClassMetrics& of_class = metrics.classes.at(static_cast<std::size_t>(labels[i]));
    ++of_class.images;
    of_class.correct += right;
    ++metrics.images;
    metrics.correct += right;
    metrics.top_5 += rank_of(scores.row(static_cast<Index>(i)), labels[i]) < 5;
  }
}

// Also the mean over the classes that have images.
void compute_f1(std::span<const int> predicted, Metrics& metrics) {
  std::vector<Index> predicted_as(metrics.classes.size());
  for (const int label : predicted) ++predicted_as.at(static_cast<std::size_t>(label));
  double sum = 0;
  Index present = 0;
  for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
    ClassMetrics& of_class = metrics.classes[c];
    if (of_class.images == 0) continue;
    // 2 TP / (2 TP + FP + FN)
    of_class.f1 = 2.0 * static_cast<double>(of_class.correct) /
                  static_cast<double>(of_class.images + predicted_as[c]);
    sum += of_class.f1;
    ++present;
  }
  metrics.macro_f1 = present == 0 ? 0.0 : sum / static_cast<double>(present);
}

}  // namespace

Interval wilson_interval(Index correct, Index images) {
  if (images == 0) return {};
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(images);
  const double p = static_cast<double>(correct) / n;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::max(0.0, (centre - half) / scale), std::min(1.0, (centre + half) / scale)};
}

double Calibration::ece() const {
  Index images = 0;
  double error = 0;
  for (const CalibrationBin& bin : bins) {
    images += bin.images;
    error += std::abs(static_cast<double>(bin.correct) - bin.confidence_sum);
  }
  return images == 0 ? 0.0 : error / static_cast<double>(images);
}

Metrics measure(const Matrix& scores, std::span<const int> labels) {
  return at_border([&]() -> Metrics {
    require(scores.rows() == std::ssize(labels), "measure: scores of ", scores.rows(),
            " images for ", labels.size(), " labels");
    const std::vector<int> predicted = predictions(scores);
    Metrics metrics;
    count(scores, predicted, labels, metrics);
    compute_f1(predicted, metrics);
    metrics.confusions = confusions_of(predicted, labels);
    metrics.calibration = calibration_of(scores, predicted, labels);
    return metrics;
  });
}

double harmonic_mean(double base, double novel) {
  return base + novel == 0 ? 0.0 : 2 * base * novel / (base + novel);
}

MeanAndDeviation mean_and_deviation(std::span<const double> values) {
  MeanAndDeviation result;
  if (values.empty()) return result;
  for (double value : values) result.mean += value;
  result.mean /= static_cast<double>(values.size());
  double squares = 0;
  for (double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(values.size()));
  return result;
}

}  // namespace qprompt
