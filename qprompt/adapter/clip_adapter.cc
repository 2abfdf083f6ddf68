#include "qprompt/adapter/clip_adapter.h"

#include <algorithm>
#include <cmath>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/kernels/product.h"

namespace qprompt {

using kernels::product;
using kernels::product_transposed;
using kernels::transposed_product;

namespace {

constexpr char kFirst[] = "fc.0.weight", kSecond[] = "fc.2.weight";

// PyTorch's start of a linear layer.
Matrix random_layer(Index outputs, Index inputs, Random& random) {
  const double limit = 1 / std::sqrt(static_cast<double>(inputs));
  return random.uniform_matrix(outputs, inputs, -limit, limit);
}

Matrix where_positive(const Matrix& d_y, const Matrix& y) {
  return (y.array() > 0).select(d_y, Matrix::Zero(y.rows(), y.cols()));
}

}  // namespace

ClipAdapter::ClipAdapter(const ClipAdapterConfig& config, Index embed, const SeenClasses&)
    : ratio_(static_cast<float>(config.ratio)), embed_(embed) {
  require(config.ratio >= 0 && config.ratio <= 1, "ratio ", config.ratio, ", expected 0..1");
  require(config.reduction >= 1 && config.reduction <= embed, "reduction ", config.reduction,
          ", expected 1..", embed);
  hidden_ = embed / config.reduction;
}

std::vector<ParameterSpec> ClipAdapter::parameters() const {
  return {{kFirst, hidden_, embed_, ParameterKind::kProjection},
          {kSecond, embed_, hidden_, ParameterKind::kProjection}};
}

ParameterMap ClipAdapter::initial_values(const Shots&, const ClassTexts&,
                                         std::uint64_t seed) const {
  Random random(seed);
  ParameterMap values;
  values[kFirst] = random_layer(hidden_, embed_, random);
  values[kSecond] = random_layer(embed_, hidden_, random);
  return values;
}

FeaturePass ClipAdapter::forward(const ParameterMap& values, const ClassTexts& classes,
                                 const Matrix& images) const {
  const Matrix& second = values.at(kSecond);
  Matrix hidden = product_transposed(images, values.at(kFirst)).cwiseMax(0.0f);
  Matrix adapted = product_transposed(hidden, second).cwiseMax(0.0f);
  UnitRows g(ratio_ * adapted + (1 - ratio_) * images);
  Matrix logits = cosine_logits(g.unit, classes.texts, classes.scale);
  auto pull_back = [this, hidden = std::move(hidden), adapted = std::move(adapted),
                    g = std::move(g), classes, &second, &images](const Matrix& d_logits) {
    const Matrix d_g = g.pull_back(classes.scale * product(d_logits, classes.texts));
    const Matrix d_adapted = where_positive(ratio_ * d_g, adapted);
    const Matrix d_hidden = where_positive(product(d_adapted, second), hidden);
    ParameterMap gradient;
    gradient[kFirst] = transposed_product(d_hidden, images);
    gradient[kSecond] = transposed_product(d_adapted, hidden);
    return gradient;
  };
  return {std::move(logits), std::move(pull_back)};
}

}  // namespace qprompt
