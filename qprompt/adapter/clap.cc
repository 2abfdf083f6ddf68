#include "qprompt/adapter/clap.h"

#include <cmath>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

// mean_c lambda_c |residual_c|^2
class HeldToTexts : public Penalty {
 public:
  explicit HeldToTexts(Eigen::VectorXd lambda) : lambda_(std::move(lambda)) {}

  double add(const ParameterMap& values, ParameterMap& gradient) const override {
    const Matrix& residual = values.at("residual");
    const Eigen::VectorXd share = lambda_ / static_cast<double>(residual.rows());
    gradient.at("residual") += 2 * share.cast<float>().asDiagonal() * residual;
    return share.dot(residual.cast<double>().rowwise().squaredNorm());
  }

 private:
  Eigen::VectorXd lambda_;
};

}  // namespace

Clap::Clap(const ClapConfig& config, Index embed, SeenClasses seen)
    : FeatureLearner(std::move(seen)), config_(config), embed_(embed) {
  require(config.penalty >= 0 && std::isfinite(config.penalty), "penalty ", config.penalty,
          ", expected 0 or more");
  require(config.prototype_length > 0 && std::isfinite(config.prototype_length),
          "prototype_length ", config.prototype_length, ", expected a number above 0");
}

std::vector<ParameterSpec> Clap::parameters() const {
  return {{"residual", classes(), embed_, ParameterKind::kProjection}};
}

ParameterMap Clap::initial_values(const Shots&, const ClassTexts&, std::uint64_t) const {
  return {{"residual", Matrix::Zero(classes(), embed_)}};
}

Matrix Clap::prototypes(const ParameterMap& values, const ClassTexts& classes) const {
  return static_cast<float>(config_.prototype_length) * classes.texts +
         rows_at(values.at("residual"), places_of(classes.names));
}

std::optional<Matrix> Clap::class_matrix(const ParameterMap& values,
                                         const ClassTexts& classes) const {
  return UnitRows(prototypes(values, classes)).unit;
}

FeaturePass Clap::forward(const ParameterMap& values, const ClassTexts& classes,
                          const Matrix& images) const {
  UnitRows w(prototypes(values, classes));
  Matrix logits = cosine_logits(images, w.unit, classes.scale);
  auto pull_back = [this, w = std::move(w), classes, &images](const Matrix& d_logits) {
    const Matrix d_w = w.pull_back(cosine_logits_pull_back(images, classes.scale, d_logits));
    const std::vector<Index> places = places_of(classes.names);
    ParameterMap gradient;
    Matrix& d_residual = gradient["residual"] = Matrix::Zero(this->classes(), embed_);
    for (std::size_t c = 0; c < places.size(); ++c) {
      if (places[c] >= 0) d_residual.row(places[c]) += d_w.row(static_cast<Index>(c));
    }
    return gradient;
  };
  return {std::move(logits), std::move(pull_back)};
}

std::unique_ptr<Penalty> Clap::penalty(const Shots& shots, const ClassTexts& classes) const {
  const Matrix logits = cosine_logits(shots.features, classes.texts, classes.scale);
  Eigen::VectorXd lambda = Eigen::VectorXd::Zero(logits.cols());
  for (Index row = 0; row < shots.rows(); ++row) {
    const auto of_row = logits.row(row).cast<double>();
    const Eigen::ArrayXd exps = (of_row.array() - of_row.maxCoeff()).exp();
    lambda[shots.label(row)] += exps[shots.label(row)] / exps.sum();
  }
  for (Index c = 0; c < lambda.size(); ++c) {
    const Index images = seen()[static_cast<std::size_t>(c)].images;
    if (images > 0) lambda[c] /= static_cast<double>(images * shots.views);
  }
  return std::make_unique<HeldToTexts>(config_.penalty * lambda);
}

}  // namespace qprompt
