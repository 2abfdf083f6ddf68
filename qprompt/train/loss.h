#pragma once

#include <span>

#include "qprompt/core/matrix.h"

namespace qprompt {

struct LossGradient {
  double loss = 0;
  Matrix d_logits;  // [b, n_cls]
  Index correct = 0;
};

// Mean over the batch of -log softmax(logits)[label]; logits [b, n_cls].
LossGradient cross_entropy(const Matrix& logits, std::span<const int> labels);

// Mean over the batch of KL(softmax(teacher) || softmax(logits)), and its gradient with respect to
// logits [b, n_cls].
LossGradient divergence(const Matrix& teacher, const Matrix& logits);

}  // namespace qprompt
