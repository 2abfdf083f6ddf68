#pragma once

#include <span>

#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// destination[i] = source[rows[i]]; one format.
void gather_rows(Stream& stream, ConstView source, std::span<const Index> rows, View destination);

// destination[rows[i]] = source[i]; one format.
void scatter_rows(Stream& stream, ConstView source, std::span<const Index> rows, View destination);

}  // namespace qprompt::kernels
