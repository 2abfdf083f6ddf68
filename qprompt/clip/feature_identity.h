#pragma once

#include "qprompt/clip/model.h"

namespace qprompt {

// Of everything that features depend on beside what goes in: the model, the number format, and the
// towers' code. Every cache begins its keys with it.
std::uint64_t feature_identity(const Model& model);

}  // namespace qprompt
