#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/core/export.h"

namespace qprompt {

// One class name a line; empty lines are skipped. Throws Error for fewer than two names and for one
// that comes twice.
QPROMPT_API std::vector<std::string> read_class_names(const std::filesystem::path& path);

}  // namespace qprompt
