#pragma once

#include "qprompt/kernels/buffer.h"

namespace qprompt::kernels {

// Number-format conversion of whole matrices, rounding to nearest even.
void convert(int threads, const float* source, View destination);
void convert(int threads, ConstView source, float* destination);

}  // namespace qprompt::kernels
