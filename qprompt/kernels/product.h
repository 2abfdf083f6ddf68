#pragma once

#include "qprompt/core/matrix.h"

namespace qprompt::kernels {

// Products of float32 matrices that both change, at the CPU's full width, on the calling thread
// alone: the same bits whoever asks. For frozen weights there is Linear. Throws Error where the
// inner sides differ.
Matrix product(const Matrix& a, const Matrix& b);             // a b
Matrix product_transposed(const Matrix& a, const Matrix& b);  // a b^T
Matrix transposed_product(const Matrix& a, const Matrix& b);  // a^T b

}  // namespace qprompt::kernels
