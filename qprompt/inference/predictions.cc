#include "qprompt/inference/predictions.h"

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

// z - max z - log sum_c exp(z_c - max z)
Eigen::MatrixXd log_softmax(const Matrix& logits) {
  Eigen::MatrixXd logs = logits.cast<double>();
  logs.colwise() -= logs.rowwise().maxCoeff().eval();
  logs.colwise() -= logs.array().exp().rowwise().sum().log().matrix().eval();
  return logs;
}

Eigen::RowVectorXd softmax(const Eigen::Ref<const Eigen::RowVectorXf>& logits) {
  const Eigen::RowVectorXd exps =
      (logits.cast<double>().array() - static_cast<double>(logits.maxCoeff())).exp();
  return exps / exps.sum();
}

}  // namespace qprompt
