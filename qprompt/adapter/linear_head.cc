#include "qprompt/adapter/linear_head.h"

#include "qprompt/adapter/feature_learner.h"
#include "qprompt/kernels/product.h"

namespace qprompt {

std::vector<ParameterSpec> linear_head_parameters(Index classes, Index embed) {
  return {{"bias", 1, classes, ParameterKind::kBias},
          {"weight", classes, embed, ParameterKind::kProjection}};
}

Matrix linear_head(const ParameterMap& values, const std::vector<Index>& places,
                   const Matrix& images) {
  Matrix logits = kernels::product_transposed(images, rows_at(values.at("weight"), places));
  const Matrix bias = rows_at(values.at("bias").transpose(), places);
  logits.rowwise() += bias.col(0).transpose();
  return logits;
}

ParameterMap centered_linear_head(const Eigen::MatrixXd& weight, const Eigen::RowVectorXd& bias) {
  const Eigen::MatrixXd w = weight.rowwise() - weight.colwise().mean();
  const Eigen::RowVectorXd b = bias.array() - bias.mean();
  return {{"bias", b.cast<float>()}, {"weight", w.cast<float>()}};
}

}  // namespace qprompt
