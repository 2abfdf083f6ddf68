#include "qprompt/adapter/linear_probe.h"

#include <lbfgs.h>

#include <cmath>

#include "qprompt/adapter/linear_head.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The logistic regression as L-BFGS asks about it: x holds a row [w_c, b_c] for each class.
class LogisticRegression {
 public:
  LogisticRegression(const Shots& shots, Index classes, double cost)
      : shots_(shots), cost_(cost), shape_{classes, shots.features.cols() + 1} {
    features_.resize(shots.rows(), shape_.cols);
    features_ << shots.features.cast<double>(), Eigen::VectorXd::Ones(shots.rows());
  }

  // Throws Error where no minimum is found.
  Rows minimum() const {
    Rows x = Rows::Zero(shape_.rows, shape_.cols);
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    parameters.max_iterations = 1000;  // CLIP's
    const std::unique_ptr<double, void (*)(double*)> memory(
        lbfgs_malloc(static_cast<int>(x.size())), lbfgs_free);
    require(memory != nullptr, "linear-probe: no memory for ", x.size(), " values");
    std::fill_n(memory.get(), x.size(), 0.0);
    const int status = lbfgs(static_cast<int>(x.size()), memory.get(), nullptr, &evaluate, nullptr,
                             const_cast<LogisticRegression*>(this), &parameters);
    const bool is_found = status == LBFGS_SUCCESS || status == LBFGS_ALREADY_MINIMIZED ||
                          status == LBFGSERR_MAXIMUMITERATION || status == LBFGSERR_ROUNDING_ERROR;
    require(is_found, "linear-probe: L-BFGS found no minimum (", "status ", status,
            "); a smaller cost may help");
    return Eigen::Map<const Rows>(memory.get(), shape_.rows, shape_.cols);
  }

 private:
  struct Shape {
    Index rows, cols;
  };

  static double evaluate(void* self, const double* x, double* gradient, const int, const double) {
    return static_cast<const LogisticRegression*>(self)->loss(x, gradient);
  }

  double loss(const double* values, double* gradient) const {
    const Eigen::Map<const Rows> x(values, shape_.rows, shape_.cols);
    Rows d_logits = features_ * x.transpose();
    double cross_entropy = 0;
    for (Index i = 0; i < d_logits.rows(); ++i) {
      auto row = d_logits.row(i);
      const int label = shots_.label(i);
      row.array() -= row.maxCoeff();
      const double own = row[label];
      row = row.array().exp();
      const double sum = row.sum();
      cross_entropy += std::log(sum) - own;
      row /= sum;
      row[label] -= 1;
    }
    Eigen::Map<Rows> g(gradient, shape_.rows, shape_.cols);
    g = cost_ * (d_logits.transpose() * features_);
    const auto w = x.leftCols(shape_.cols - 1);
    g.leftCols(shape_.cols - 1) += w;
    return 0.5 * w.squaredNorm() + cost_ * cross_entropy;
  }

  const Shots& shots_;
  double cost_;
  Shape shape_;
  Rows features_;  // with a column of ones
};

}  // namespace

LinearProbe::LinearProbe(const LinearProbeConfig& config, Index embed, SeenClasses seen)
    : FeatureLearner(std::move(seen)), config_(config), embed_(embed) {
  require(config.cost > 0 && std::isfinite(config.cost), "cost ", config.cost,
          ", expected a number above 0");
}

std::vector<ParameterSpec> LinearProbe::parameters() const {
  return linear_head_parameters(classes(), embed_);
}

ParameterMap LinearProbe::initial_values(const Shots& shots, const ClassTexts& classes,
                                         std::uint64_t) const {
  const Rows x = LogisticRegression(shots, std::ssize(classes.names), config_.cost).minimum();
  return centered_linear_head(x.leftCols(embed_), x.col(embed_).transpose());
}

FeaturePass LinearProbe::forward(const ParameterMap& values, const ClassTexts& classes,
                                 const Matrix& images) const {
  return {linear_head(values, places_of(classes.names), images)};
}

}  // namespace qprompt
