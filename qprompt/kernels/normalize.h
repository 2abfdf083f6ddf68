#pragma once

#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// Layer norm without its affine part, which is folded into the linear layer that follows:
//   y = (x - mean(x)) / sqrt(var(x) + eps)   row by row; x float32, y in any format.
// `statistics` [rows, 2] keeps mean and 1/sqrt(var + eps) for the pull-back.
void normalize(Stream& stream, ConstView x, float eps, View y, View statistics);

// The end of one residual branch and the start of the next in one pass:
//   sum = x + branch;  y = normalize(sum)
void add_normalize(Stream& stream, ConstView x, ConstView branch, float eps, View sum, View y,
                   View statistics);

// Adds the gradient through normalize() to the residual stream's gradient:
//   d_x += d_y d normalize(x) / dx
// `d_x_copy` receives the sum in the format that the next matrix product reads.
void normalize_pull_back(Stream& stream, ConstView x, ConstView statistics, ConstView d_y, View d_x,
                         View d_x_copy);

// x = x * weight + bias, row by row, for a layer norm that no linear layer follows. float32.
void scale_shift(Stream& stream, const Vector& weight, const Vector& bias, View x);

}  // namespace qprompt::kernels
