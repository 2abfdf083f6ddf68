#pragma once

#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// The class with the largest score in each row; the first of equals.
std::vector<int> predictions(const Matrix& scores);

// Probabilities of the classes from one image's logits.
Eigen::RowVectorXd softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits);
// Their logarithms, of which none is too small.
Eigen::RowVectorXd log_softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits);

}  // namespace qprompt
