#include "qprompt/prompt/affine.h"

#include <cmath>

#include "qprompt/kernels/product.h"

namespace qprompt {

void Affine::add_parameters(std::vector<ParameterSpec>& parameters) const {
  parameters.push_back({weight_, outputs_, inputs_, ParameterKind::kProjection});
  parameters.push_back({bias_, 1, outputs_, ParameterKind::kBias});
}

void Affine::add_initial_values(ParameterMap& values, Random& random) const {
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs_));
  values[weight_] = random.uniform_matrix(outputs_, inputs_, -bound, bound);
  values[bias_] = random.uniform_matrix(1, outputs_, -bound, bound);
}

Matrix Affine::forward(const ParameterMap& values, const Matrix& x) const {
  Matrix y = kernels::product_transposed(x, values.at(weight_));
  y.rowwise() += values.at(bias_).row(0);
  return y;
}

Matrix Affine::pull_back(const ParameterMap& values, const Matrix& x, const Matrix& d_y,
                         ParameterMap& gradient) const {
  gradient[weight_] = kernels::transposed_product(d_y, x);
  gradient[bias_] = d_y.colwise().sum();
  return kernels::product(d_y, values.at(weight_));
}

}  // namespace qprompt
