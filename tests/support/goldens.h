#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace qprompt::testing {

// The folder of reference values: QPROMPT_GOLDENS, else ../shared/goldens beside the checkout when
// it is there. A variable that names a missing folder is a failure, never a skip.
inline std::optional<std::filesystem::path> goldens_folder() {
  namespace fs = std::filesystem;
  if (const char* folder = std::getenv("QPROMPT_GOLDENS"); folder != nullptr && *folder != '\0') {
    EXPECT_TRUE(fs::is_directory(folder)) << "QPROMPT_GOLDENS=" << folder << " is not a folder";
    return folder;
  }
  const fs::path beside = fs::path(QPROMPT_SOURCE_DIR) / ".." / "shared" / "goldens";
  if (fs::is_directory(beside)) return beside;
  return std::nullopt;
}

}  // namespace qprompt::testing

// First statement of every Reference.* test: skips with a message where there are no reference
// values.
#define QPROMPT_GOLDENS_OR_SKIP(folder)                                            \
  const auto folder##_found = ::qprompt::testing::goldens_folder();                \
  if (!folder##_found) GTEST_SKIP() << "no reference values: set QPROMPT_GOLDENS"; \
  const std::filesystem::path folder = *folder##_found
