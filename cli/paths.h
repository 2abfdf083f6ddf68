#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace qprompt::cli {

// Images as they are given: files as they stand, folders as the images below them, sorted. Throws
// Error for a folder without images.
std::vector<std::filesystem::path> listed_images(const std::vector<std::string>& given);

// $XDG_CACHE_HOME/qprompt, else ~/.cache/qprompt; nothing where neither variable is set.
std::optional<std::filesystem::path> user_cache_folder();

}  // namespace qprompt::cli
