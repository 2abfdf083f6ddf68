#include "cli/paths.h"

#include <cstdlib>

#include "qprompt/core/error.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_folder.h"

namespace qprompt::cli {

namespace fs = std::filesystem;

ListedImages listed_images(const std::vector<std::string>& given, bool skip_bad) {
  ListedImages listed;
  for (const std::string& path : given) {
    if (!fs::is_directory(path)) {
      listed.paths.emplace_back(path);
      continue;
    }
    const FolderContent found = content_below(path);
    require(skip_bad || found.unreadable.empty(),
            found.unreadable.empty() ? "" : found.unreadable.front());
    require(!found.images.empty(), path, ": no images, expected files ending in ",
            image_extensions(),
            found.ignored.empty() ? "" : "; there are " + counts_text(found.ignored));
    listed.paths.insert(listed.paths.end(), found.images.begin(), found.images.end());
    for (const auto& [what, count] : found.ignored) listed.ignored[what] += count;
    listed.unreadable.insert(listed.unreadable.end(), found.unreadable.begin(),
                             found.unreadable.end());
  }
  return listed;
}

std::optional<fs::path> user_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return fs::path(cache) / "qprompt";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "qprompt";
  return std::nullopt;
}

}  // namespace qprompt::cli
