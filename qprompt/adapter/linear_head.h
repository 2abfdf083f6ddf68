#pragma once

#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/core/parameter.h"

namespace qprompt {

// <w_c, f> + b_c with `weight` [n_cls, embed], which may be quantized, and `bias` [1, n_cls].
std::vector<ParameterSpec> linear_head_parameters(Index classes, Index embed);

// [b, places] of images [b, embed], for the classes at these places.
Matrix linear_head(const ParameterMap& values, const std::vector<Index>& places,
                   const Matrix& images);

// The mean over the classes taken away from weight and bias: probabilities stay what they are.
ParameterMap centered_linear_head(const Eigen::MatrixXd& weight, const Eigen::RowVectorXd& bias);

}  // namespace qprompt
