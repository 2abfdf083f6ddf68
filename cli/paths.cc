#include "cli/paths.h"

#include <cstdlib>

#include "qprompt/core/error.h"
#include "qprompt/data/image_folder.h"

namespace qprompt::cli {

namespace fs = std::filesystem;

std::vector<fs::path> listed_images(const std::vector<std::string>& given) {
  std::vector<fs::path> images;
  for (const std::string& path : given) {
    if (!fs::is_directory(path)) {
      images.emplace_back(path);
      continue;
    }
    const std::vector<fs::path> found = images_below(path);
    require(!found.empty(), path, ": no images, expected .jpg, .jpeg, .png, .webp or .bmp files");
    images.insert(images.end(), found.begin(), found.end());
  }
  return images;
}

std::optional<fs::path> user_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return fs::path(cache) / "qprompt";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "qprompt";
  return std::nullopt;
}

}  // namespace qprompt::cli
