#include "qprompt/data/image_folder.h"

#include <algorithm>

#include "qprompt/data/image.h"

namespace qprompt {

namespace fs = std::filesystem;

std::vector<fs::path> images_below(const fs::path& folder) {
  std::vector<fs::path> images;
  fs::recursive_directory_iterator entries(folder);
  for (auto entry = begin(entries); entry != end(entries); ++entry) {
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (has_image_extension(entry->path()) && entry->is_regular_file()) {
      images.push_back(entry->path());
    }
  }
  std::ranges::sort(images);  // listings come in the file system's order
  return images;
}

}  // namespace qprompt
