#pragma once

#include <filesystem>

#include "qprompt/checkpoint/checkpoint.h"

namespace qprompt {

// Throws Error naming `origin` unless the sizes fit one another.
void check_shape(const ClipShape& shape, const std::filesystem::path& origin);

}  // namespace qprompt
