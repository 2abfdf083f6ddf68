#pragma once

#include <filesystem>
#include <vector>

namespace qprompt {

// Files with an image's extension (image.h) at any depth, in the order of their paths. Hidden files
// and folders are left out.
std::vector<std::filesystem::path> images_below(const std::filesystem::path& folder);

}  // namespace qprompt
