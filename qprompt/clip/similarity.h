#pragma once

#include "qprompt/core/matrix.h"

namespace qprompt {

// Rows divided by their L2 norms, which pull_back needs again.
struct UnitRows {
  explicit UnitRows(const Matrix& rows);

  Matrix unit;
  Vector norms;

  // With u = x / |x|:  d_x = (d_u - u <u, d_u>) / |x|
  Matrix pull_back(const Matrix& d_unit) const;
};

// scale * images texts^T for unit rows: [b, embed], [n_cls, embed] -> [b, n_cls].
Matrix cosine_logits(const Matrix& images, const Matrix& texts, float scale);

// d_texts [n_cls, embed] from d_logits [b, n_cls].
Matrix cosine_logits_pull_back(const Matrix& images, float scale, const Matrix& d_logits);

}  // namespace qprompt
