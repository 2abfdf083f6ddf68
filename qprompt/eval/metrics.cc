#include "qprompt/eval/metrics.h"

#include <cmath>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"

namespace qprompt {

Metrics measure(std::span<const int> predicted, std::span<const int> labels, Index classes) {
  return at_border([&]() -> Metrics {
    require(predicted.size() == labels.size(), "measure: ", predicted.size(), " predictions for ",
            labels.size(), " labels");
    Metrics metrics;
    metrics.classes.resize(static_cast<std::size_t>(classes));
    std::vector<Index> predicted_as(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) {
      ClassMetrics& of_class = metrics.classes.at(static_cast<std::size_t>(labels[i]));
      ++of_class.images;
      ++predicted_as.at(static_cast<std::size_t>(predicted[i]));
      if (predicted[i] == labels[i]) ++of_class.correct;
    }
    double f1_sum = 0;
    Index present = 0;
    for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
      ClassMetrics& of_class = metrics.classes[c];
      metrics.images += of_class.images;
      metrics.correct += of_class.correct;
      if (of_class.images == 0) continue;
      // 2 TP / (2 TP + FP + FN)
      of_class.f1 = 2.0 * static_cast<double>(of_class.correct) /
                    static_cast<double>(of_class.images + predicted_as[c]);
      f1_sum += of_class.f1;
      ++present;
    }
    metrics.macro_f1 = present == 0 ? 0.0 : f1_sum / static_cast<double>(present);
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
