#include "qprompt/train/loss.h"

#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {

LossGradient cross_entropy(const Matrix& logits, std::span<const int> labels) {
  require(logits.rows() == static_cast<Index>(labels.size()) && logits.rows() > 0,
          "cross_entropy: ", logits.rows(), " rows of logits, ", labels.size(), " labels");
  LossGradient result;
  result.d_logits.resize(logits.rows(), logits.cols());
  const double batch = static_cast<double>(logits.rows());
  for (Index i = 0; i < logits.rows(); ++i) {
    const int label = labels[i];
    require(label >= 0 && label < logits.cols(), "cross_entropy: label ", label, " of ",
            logits.cols(), " classes");
    Index best = 0;
    const double largest = logits.row(i).maxCoeff(&best);
    const Eigen::RowVectorXd exps = (logits.row(i).cast<double>().array() - largest).exp();
    const double sum = exps.sum();
    result.loss += (std::log(sum) + largest - logits(i, label)) / batch;
    result.d_logits.row(i) = (exps / (sum * batch)).cast<float>();
    result.d_logits(i, label) -= static_cast<float>(1 / batch);
    if (best == label) ++result.correct;
  }
  return result;
}

LossGradient divergence(const Matrix& teacher, const Matrix& logits) {
  require(teacher.rows() == logits.rows() && teacher.cols() == logits.cols() && logits.rows() > 0,
          "divergence: logits [", logits.rows(), ", ", logits.cols(), "], of the teacher [",
          teacher.rows(), ", ", teacher.cols(), "]");
  LossGradient result;
  result.d_logits.resize(logits.rows(), logits.cols());
  const double batch = static_cast<double>(logits.rows());
  for (Index i = 0; i < logits.rows(); ++i) {
    const Eigen::RowVectorXd log_p0 = log_softmax(teacher.row(i)),
                             log_p = log_softmax(logits.row(i));
    const Eigen::RowVectorXd p0 = log_p0.array().exp(), p = log_p.array().exp();
    result.loss += p0.cwiseProduct(log_p0 - log_p).sum() / batch;
    result.d_logits.row(i) = ((p - p0) / batch).cast<float>();
  }
  return result;
}

}  // namespace qprompt
