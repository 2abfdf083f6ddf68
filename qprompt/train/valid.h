#pragma once

#include <cmath>

#include "qprompt/core/error.h"

namespace qprompt {

// Throws Error with the setting's name unless it is finite and 0 or more.
inline void require_not_negative(const char* name, double value) {
  require(value >= 0 && std::isfinite(value), name, " ", value, ", expected 0 or more");
}

}  // namespace qprompt
