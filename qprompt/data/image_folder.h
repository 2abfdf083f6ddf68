#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace qprompt {

// What lies below a folder. Hidden files and folders are left out.
struct FolderContent {
  std::vector<std::filesystem::path> images;  // by their extension (image.h), in the order of paths
  std::map<std::string, int> ignored;         // other files, by extension: {".heif", 8}
  std::vector<std::string>
      unreadable;  // one line for each folder or link: "DIR: cannot be read: ..."
};

// At any depth. Links to folders are followed, those that lead back to a folder around them are
// not.
FolderContent content_below(const std::filesystem::path& folder);

// The folders directly in one, links to folders too unless they lead back, sorted. Throws Error
// naming one that cannot be read.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

// Whether `path` is `folder` or below it, of canonical paths.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

// "8 .heic, 2 .txt"
std::string counts_text(const std::map<std::string, int>& counts);

}  // namespace qprompt
