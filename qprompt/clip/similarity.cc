#include "qprompt/clip/similarity.h"
#include "qprompt/kernels/product.h"

#include <limits>

namespace qprompt {

// A row of zeros has no direction and stays what it is.
UnitRows::UnitRows(const Matrix& rows)
    : norms(rows.rowwise().norm().cwiseMax(std::numeric_limits<float>::min())) {
  unit = norms.cwiseInverse().asDiagonal() * rows;
}

Matrix UnitRows::pull_back(const Matrix& d_unit) const {
  const Vector along = unit.cwiseProduct(d_unit).rowwise().sum();
  return norms.cwiseInverse().asDiagonal() * (d_unit - along.asDiagonal() * unit);
}

Matrix cosine_logits(const Matrix& images, const Matrix& texts, float scale) {
  return scale * kernels::product_transposed(images, texts);
}

Matrix cosine_logits_pull_back(const Matrix& images, float scale, const Matrix& d_logits) {
  return scale * kernels::transposed_product(d_logits, images);
}

}  // namespace qprompt
