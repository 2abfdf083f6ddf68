#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qprompt::cli {

// What stands for images on the command line: files as they are, folders as the images below them,
// sorted.
struct ListedImages {
  std::vector<std::filesystem::path> paths;
  std::map<std::string, int> ignored;   // other files in the folders, by extension
  std::vector<std::string> unreadable;  // folders that could not be read, one line each
};
// Throws Error for a folder without images, and for one that cannot be read unless `skip_bad`.
ListedImages listed_images(const std::vector<std::string>& given, bool skip_bad);

// $XDG_CACHE_HOME/qprompt, else ~/.cache/qprompt; nothing where neither variable is set.
std::optional<std::filesystem::path> user_cache_folder();

}  // namespace qprompt::cli
