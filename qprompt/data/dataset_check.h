#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"

namespace qprompt {

struct ClassCheck {
  std::string name{};
  PartSizes images{}, missing{};
  std::int64_t unreadable = 0;

  bool operator==(const ClassCheck&) const = default;
};

// What there is of a data set on this disk.
struct DatasetCheck {
  std::string name{};
  std::filesystem::path place{};
  PartSizes images{}, missing{};              // listed; listed and not there
  std::optional<PartSizes> published{};       // of a data set that is known by name
  std::vector<ClassCheck> classes{};          // by label
  std::vector<std::string> missing_files{};   // lists and folders: what belongs there
  std::vector<std::string> missing_images{};  // paths
  std::vector<std::string> unreadable{};      // "PATH: what is wrong with it"
  std::vector<std::string> differences{};     // from the published data set
  std::map<std::string, int> unlisted{};      // images that no part has, by folder
  std::map<std::string, int> ignored{};       // files that are no images, by extension
  std::vector<std::string> notices{};

  // Nothing is missing, unreadable or other than published.
  bool is_whole() const;
};

struct DatasetCheckOptions {
  DataOptions data{};
  int threads = 0;  // 0: the cores this process may use
  std::function<bool()> stop{};
  std::function<void(std::int64_t done, std::int64_t total)> progress{};  // images
};

// Reads what load_dataset() reads and decodes every image of it. A known data set of which files
// are missing is told as that; throws Error for data that cannot be understood, Interrupted where
// `stop` said so.
QPROMPT_API DatasetCheck check_dataset(const std::filesystem::path& data,
                                       const DatasetCheckOptions& options = {});

}  // namespace qprompt
