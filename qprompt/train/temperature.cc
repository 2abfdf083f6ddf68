#include "qprompt/train/temperature.h"

#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {
namespace {

constexpr double kFlat = 1e-9;  // nats per image and unit of b: as good as the best

// The objective as a function of b = 1 / T. Of an image with logits z and the target z_t, that of
// its class mixed with what the prior expects, the loss is log sum_c exp(b z_c) - b z_t.
class Objective1d {
 public:
  Objective1d(const Matrix& logits, std::span<const int> labels)
      : logits_(logits.rows(), logits.cols()), targets_(logits.rows()) {
    const auto n = static_cast<double>(labels.size());
    for (Index i = 0; i < logits_.rows(); ++i) {
      logits_.row(i) = log_softmax(logits.row(i));
      const double expected = (logits_.row(i).array().exp() * logits_.row(i).array()).sum();
      targets_[i] =
          (n * logits_(i, labels[static_cast<std::size_t>(i)]) + kPriorImages * expected) /
          (n + kPriorImages);
    }
  }

  // d/db = sum_i E_p[z] - z_t, d2/db2 = sum_i Var_p[z], with p = softmax(b z).
  struct Slopes {
    double first = 0, second = 0;
  };
  double images() const { return static_cast<double>(logits_.rows()); }

  Slopes slopes(double b) const {
    Slopes slopes;
    for (Index i = 0; i < logits_.rows(); ++i) {
      const Eigen::ArrayXd z = logits_.row(i).transpose();
      const Eigen::ArrayXd e = (b * (z - z.maxCoeff())).exp();
      const double mean = (e * z).sum() / e.sum();
      slopes.first += mean - targets_[i];
      slopes.second += (e * (z - mean).square()).sum() / e.sum();
    }
    return slopes;
  }

 private:
  Eigen::MatrixXd logits_;  // less a constant for each image, which changes nothing
  Eigen::VectorXd targets_;
};

// Newton's steps, halving the bracket (in log b) where one leaves it.
double smallest(const Objective1d& objective) {
  double low = 1 / kHighestTemperature, high = 1 / kLowestTemperature, b = 1;
  for (int step = 0; step < 100; ++step) {
    const auto [first, second] = objective.slopes(b);
    if (std::abs(first) <= kFlat * objective.images()) break;
    (first > 0 ? high : low) = b;
    double next = b - first / second;
    if (!(next > low && next < high)) next = std::sqrt(low * high);
    if (std::abs(next - b) <= 1e-9 * b) break;
    b = next;
  }
  return b;
}

double nll_at(const Matrix& logits, std::span<const int> labels, double temperature) {
  double sum = 0;
  for (Index i = 0; i < logits.rows(); ++i) {
    const Eigen::RowVectorXf divided = logits.row(i) / static_cast<float>(temperature);
    sum -= log_softmax(divided)[labels[static_cast<std::size_t>(i)]];
  }
  return sum / static_cast<double>(logits.rows());
}

}  // namespace

TemperatureFit fit_temperature(const Matrix& logits, std::span<const int> labels) {
  require(logits.rows() == std::ssize(labels), "fit_temperature: logits of ", logits.rows(),
          " images for ", labels.size(), " labels");
  require(all_finite(logits), "fit_temperature: logits that are no finite numbers");
  if (labels.empty()) return {};
  TemperatureFit fit;
  fit.temperature = 1 / smallest(Objective1d(logits, labels));
  fit.nll_before = nll_at(logits, labels, 1);
  fit.nll_after = nll_at(logits, labels, fit.temperature);
  return fit;
}

}  // namespace qprompt
