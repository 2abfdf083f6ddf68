#include "qprompt/adapter/gaussian.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "qprompt/adapter/linear_head.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

// Sum over all features of (f - m)(f - m)^T, m the mean of the feature's class.
Eigen::MatrixXd scatter_around(const Matrix& means, const Shots& shots) {
  Eigen::MatrixXd deviations = shots.features.cast<double>();
  for (Index row = 0; row < shots.rows(); ++row) {
    deviations.row(row) -= means.row(shots.label(row)).cast<double>();
  }
  return deviations.transpose() * deviations;
}

}  // namespace

Gaussian::Gaussian(const GaussianConfig& config, Index embed, SeenClasses seen)
    : FeatureLearner(std::move(seen)), config_(config), embed_(embed) {
  require(config.alpha >= 0 && std::isfinite(config.alpha), "alpha ", config.alpha,
          ", expected 0 or more");
}

std::vector<ParameterSpec> Gaussian::parameters() const {
  return linear_head_parameters(classes(), embed_);
}

ParameterMap Gaussian::initial_values(const Shots& shots, const ClassTexts& classes,
                                      std::uint64_t) const {
  const Matrix means = class_means(shots, classes.names);
  // (n - 1) S: deviations from class means have the mean zero.
  Eigen::MatrixXd shrunk = scatter_around(means, shots);
  const double trace = shrunk.trace() / static_cast<double>(std::max<Index>(shots.rows() - 1, 1));
  require(
      trace > 1e-12, "gaussian: the ", shots.rows(),
      " features do not vary within any class, expected two different images (or views) of one");
  shrunk.diagonal().array() += trace;
  const Eigen::MatrixXd m = means.cast<double>();
  // w = m P with the symmetric P.
  const Eigen::MatrixXd w =
      static_cast<double>(m.cols()) * shrunk.llt().solve(m.transpose()).transpose();
  const Eigen::RowVectorXd b = -0.5 * w.cwiseProduct(m).rowwise().sum().transpose();
  return centered_linear_head(w, b);
}

FeaturePass Gaussian::forward(const ParameterMap& values, const ClassTexts& classes,
                              const Matrix& images) const {
  const Matrix of_gaussians = linear_head(values, places_of(classes.names), images);
  return {cosine_logits(images, classes.texts, classes.scale) +
          static_cast<float>(config_.alpha) * of_gaussians};
}

}  // namespace qprompt
