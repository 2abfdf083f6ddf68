#pragma once

#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// The class with the largest score in each row; the first of equals.
std::vector<int> predictions(const Matrix& scores);

}  // namespace qprompt
