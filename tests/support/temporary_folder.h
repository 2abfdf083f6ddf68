#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt::testing {

// A folder of its own for one test, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "qprompt-test-XXXXXX").string();
    require(mkdtemp(name.data()) != nullptr, name, ": cannot create");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  // Writes a file with this content and gives its path.
  std::filesystem::path file(const std::filesystem::path& name, std::string_view content) const {
    write_file(path_ / name, content);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace qprompt::testing
