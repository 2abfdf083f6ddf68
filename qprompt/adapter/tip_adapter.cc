#include "qprompt/adapter/tip_adapter.h"

#include <cmath>
#include <numeric>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/kernels/product.h"

namespace qprompt {

TipAdapter::TipAdapter(const TipAdapterConfig& config, Index embed, SeenClasses seen)
    : FeatureLearner(std::move(seen)), config_(config), embed_(embed) {
  require(config.alpha >= 0 && std::isfinite(config.alpha), "alpha ", config.alpha,
          ", expected 0 or more");
  require(config.beta >= 0 && std::isfinite(config.beta), "beta ", config.beta,
          ", expected 0 or more");
}

TipAdapter::TipAdapter(const TipAdapterFConfig& config, Index embed, SeenClasses seen)
    : TipAdapter(static_cast<const TipAdapterConfig&>(config), embed, std::move(seen)) {
  takes_directions_ = false;
}

std::vector<ParameterSpec> TipAdapter::parameters() const {
  Index count = 0;
  for (const SeenClass& of_class : seen()) count += of_class.images;
  return {{"keys", count, embed_, ParameterKind::kProjection}};
}

ParameterMap TipAdapter::initial_values(const Shots& shots, const ClassTexts&,
                                        std::uint64_t) const {
  std::vector<Index> order(shots.labels.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, {}, [&](Index image) { return shots.labels[image]; });
  Matrix keys(shots.images(), shots.features.cols());
  for (Index i = 0; i < keys.rows(); ++i) {
    keys.row(i) = shots.features.middleRows(order[i] * shots.views, shots.views).colwise().mean();
  }
  return {{"keys", UnitRows(keys).unit}};
}

// Where each key's class stands among `names`; -1 where nobody asks about it.
std::vector<Index> TipAdapter::columns_of_keys(const std::vector<std::string>& names) const {
  std::vector<Index> column_of_class(seen().size(), -1);
  const std::vector<Index> places = places_of(names);
  for (std::size_t c = 0; c < places.size(); ++c) {
    if (places[c] >= 0) column_of_class[places[c]] = static_cast<Index>(c);
  }
  std::vector<Index> columns;
  for (std::size_t s = 0; s < seen().size(); ++s) {
    columns.insert(columns.end(), static_cast<std::size_t>(seen()[s].images), column_of_class[s]);
  }
  return columns;
}

// exp(-beta (1 - <f, k>))  [b, n]
Matrix TipAdapter::affinities(const Matrix& keys, const Matrix& images) const {
  const auto beta = static_cast<float>(config_.beta);
  const Matrix cosines = takes_directions_
                             ? kernels::product_transposed(images, UnitRows(keys).unit)
                             : kernels::product_transposed(images, keys);
  return (beta * (cosines.array() - 1)).exp();
}

// d_k = alpha beta sum_i d_logits[i, class of k] phi_ik f_i
FeaturePass TipAdapter::forward(const ParameterMap& values, const ClassTexts& classes,
                                const Matrix& images) const {
  Matrix logits = cosine_logits(images, classes.texts, classes.scale);
  Matrix phi = affinities(values.at("keys"), images);
  std::vector<Index> columns = columns_of_keys(classes.names);
  const auto alpha = static_cast<float>(config_.alpha);
  for (Index i = 0; i < phi.rows(); ++i) {
    for (Index k = 0; k < phi.cols(); ++k) {
      if (columns[k] >= 0) logits(i, columns[k]) += alpha * phi(i, k);
    }
  }
  auto pull_back = [phi = std::move(phi), columns = std::move(columns), &images,
                    share = alpha * static_cast<float>(config_.beta)](const Matrix& d_logits) {
    Matrix d_cosines = phi;
    for (Index i = 0; i < d_cosines.rows(); ++i) {
      for (Index k = 0; k < d_cosines.cols(); ++k) {
        d_cosines(i, k) *= columns[k] < 0 ? 0 : share * d_logits(i, columns[k]);
      }
    }
    ParameterMap gradient;
    gradient["keys"] = kernels::transposed_product(d_cosines, images);
    return gradient;
  };
  return {std::move(logits), std::move(pull_back)};
}

}  // namespace qprompt
