#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace qprompt::testing {

// The folder of reference values: QPROMPT_GOLDENS, else ../shared/goldens beside the checkout when
// it is there, else the repository's own small set. A variable that names a missing folder is a
// failure.
inline std::filesystem::path goldens_folder() {
  namespace fs = std::filesystem;
  if (const char* folder = std::getenv("QPROMPT_GOLDENS"); folder != nullptr && *folder != '\0') {
    EXPECT_TRUE(fs::is_directory(folder)) << "QPROMPT_GOLDENS=" << folder << " is not a folder";
    return folder;
  }
  const fs::path source = QPROMPT_SOURCE_DIR;
  const fs::path beside = source / ".." / "shared" / "goldens";
  return fs::is_directory(beside) ? beside : source / "tests" / "goldens";
}

}  // namespace qprompt::testing
