#pragma once

#include <span>

#include "qprompt/core/matrix.h"

namespace qprompt {

// No NaN and no infinity among them; as fast as they can be read.
bool all_finite(std::span<const float> values);
inline bool all_finite(const Matrix& values) { return all_finite(values_of(values)); }

}  // namespace qprompt
