#pragma once

#include <array>
#include <span>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// Where a proportion lies with 95 % confidence.
struct Interval {
  double low = 0, high = 1;
};
// Wilson's score interval of `correct` among `images`; 0..1 of none. (Wilson 1927; z = 1.96.)
QPROMPT_API Interval wilson_interval(Index correct, Index images);

struct ClassMetrics {
  Index images = 0;
  Index correct = 0;
  double f1 = 0;

  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

// How often images of one class were taken for another.
struct Confusion {
  int label = 0, predicted = 0;
  Index images = 0;

  bool operator==(const Confusion&) const = default;
};

// The images whose predicted class has a probability within one range.
struct CalibrationBin {
  Index images = 0;
  Index correct = 0;
  double confidence_sum = 0;  // of the predicted classes' probabilities

  double confidence() const {
    return images == 0 ? 0.0 : confidence_sum / static_cast<double>(images);
  }
  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

// Whether probabilities are the shares of right answers (Guo et al., ICML 2017): bin m of M holds
// the images whose confidence, the softmax of the predicted class, lies in (m / M, (m + 1) / M].
struct Calibration {
  std::array<CalibrationBin, 15> bins{};
  double nll = 0;  // negative log-likelihood of the images' own classes, nats per image

  // Expected calibration error, sum_m n_m / n |accuracy_m - confidence_m|, 0..1; 0 of no images.
  QPROMPT_API double ece() const;
};

struct Metrics {
  Index images = 0;
  Index correct = 0;
  Index top_5 = 0;  // the class is among the five best
  double macro_f1 =
      0;  // mean over the classes that have images, as scikit-learn's with their labels
  std::vector<ClassMetrics> classes;
  std::vector<Confusion> confusions;  // those that happened, in the order of labels and predictions
  Calibration calibration;

  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

// Of `scores` [images, classes], logits as a softmax takes them; the first of equals is the answer.
QPROMPT_API Metrics measure(const Matrix& scores, std::span<const int> labels);

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
