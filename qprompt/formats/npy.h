#pragma once

#include <filesystem>

#include "qprompt/core/matrix.h"

namespace qprompt {

// NumPy's .npy, version 1.0: little-endian float32 in C order. Written atomically.
void write_npy(const std::filesystem::path& path, const Matrix& matrix);

}  // namespace qprompt
