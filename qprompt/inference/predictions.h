#pragma once

#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// The class with the largest score in each row; the first of equals.
std::vector<int> predictions(const Matrix& scores);

// Logarithms of the probabilities, log softmax of each row: [b, n_cls] -> [b, n_cls].
Eigen::MatrixXd log_softmax(const Matrix& logits);

// Probabilities of the classes from one image's logits.
Eigen::RowVectorXd softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits);

}  // namespace qprompt
