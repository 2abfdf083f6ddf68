#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "qprompt/core/export.h"

namespace qprompt {

// FOLDER/run.lock, locked as long as this process works on the run in that folder, so that no two
// processes, of one machine or of several that share the disk, ever do. The system's lock goes with
// its process however that ends: a run that is neither finished nor locked was killed.
class QPROMPT_API RunLock {
 public:
  // Nothing where somebody, of this process or another, holds it; never waits. Creates the folder.
  // Throws Error where the file cannot be written, or the disk knows no locks.
  static std::optional<RunLock> try_lock(const std::filesystem::path& folder);

  // Whether somebody holds it. Locks nothing, so asking is in nobody's way. False where there is no
  // such folder.
  static bool is_held(const std::filesystem::path& folder);

  // Unlocked and gone with its owner; what a killed process leaves is an unlocked file.
  RunLock(RunLock&&) noexcept;
  RunLock& operator=(RunLock&&) noexcept;
  ~RunLock();

 private:
  struct File;
  explicit RunLock(std::unique_ptr<File> file);

  std::unique_ptr<File> file_;
};

}  // namespace qprompt
