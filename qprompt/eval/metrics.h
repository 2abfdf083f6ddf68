#pragma once

#include <span>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

struct ClassMetrics {
  Index images = 0;
  Index correct = 0;
  double f1 = 0;

  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

struct Metrics {
  Index images = 0;
  Index correct = 0;
  double macro_f1 =
      0;  // mean over the classes that have images, as scikit-learn's with their labels
  std::vector<ClassMetrics> classes;

  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

QPROMPT_API Metrics measure(std::span<const int> predicted, std::span<const int> labels,
                            Index classes);

// H = 2 b n / (b + n), zero where both are.
QPROMPT_API double harmonic_mean(double base, double novel);

struct MeanAndDeviation {
  double mean = 0;
  double deviation = 0;  // population standard deviation, as the field's tables have it

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("mean", mean, "");
    visit("std", deviation, "population standard deviation");
  }
};
QPROMPT_API MeanAndDeviation mean_and_deviation(std::span<const double> values);

}  // namespace qprompt
