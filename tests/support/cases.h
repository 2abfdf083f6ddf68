#pragma once

#include <cstdlib>
#include <filesystem>

namespace qprompt::testing {

// Inputs as real users have them, with known right answers: QPROMPT_CASES, else ../shared/cases
// beside the checkout. Empty where there are none (a test then skips): each kind has a test with an
// input of its own too.
inline std::filesystem::path cases_folder() {
  namespace fs = std::filesystem;
  if (const char* folder = std::getenv("QPROMPT_CASES"); folder != nullptr && *folder != '\0') {
    return folder;
  }
  const fs::path beside = fs::path(QPROMPT_SOURCE_DIR) / ".." / "shared" / "cases";
  return fs::is_directory(beside) ? beside : fs::path();
}

}  // namespace qprompt::testing
