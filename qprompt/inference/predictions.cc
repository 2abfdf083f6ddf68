#include "qprompt/inference/predictions.h"

#include <cmath>

namespace qprompt {

std::vector<int> predictions(const Matrix& scores) {
  std::vector<int> predicted(static_cast<std::size_t>(scores.rows()));
  for (Index i = 0; i < scores.rows(); ++i) {
    Index best = 0;
    scores.row(i).maxCoeff(&best);
    predicted[i] = static_cast<int>(best);
  }
  return predicted;
}

Eigen::RowVectorXd softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits) {
  const Eigen::RowVectorXd exps =
      (logits.cast<double>().array() - static_cast<double>(logits.maxCoeff())).exp();
  return exps / exps.sum();
}

Eigen::RowVectorXd log_softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits) {
  const Eigen::RowVectorXd shifted =
      logits.cast<double>().array() - static_cast<double>(logits.maxCoeff());
  return shifted.array() - std::log(shifted.array().exp().sum());
}

}  // namespace qprompt
