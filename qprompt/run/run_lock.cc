#include "qprompt/run/run_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "qprompt/core/border.h"
#include "qprompt/core/descriptor.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = "run.lock";

// All of the file. Locks of open files (OFD): those of processes would let a thread of the same
// process in, and would be lost with any other descriptor that it closes.
struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

bool is_there(const Descriptor& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
}

}  // namespace

struct RunLock::File {
  explicit File(const fs::path& path) : name(path), descriptor(path, O_RDWR | O_CREAT) {}

  const fs::path name;
  const Descriptor descriptor;
};

RunLock::RunLock(std::unique_ptr<File> file) : file_(std::move(file)) {}
RunLock::RunLock(RunLock&&) noexcept = default;

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

// The name goes while the lock is held, and whoever gets the lock of a file without a name begins
// anew: no two ever hold locks of the same name.
RunLock::~RunLock() {
  std::error_code ignored;
  if (file_) fs::remove(file_->name, ignored);
}

std::optional<RunLock> RunLock::try_lock(const fs::path& folder) {
  return at_border([&]() -> std::optional<RunLock> {
    std::error_code error;
    fs::create_directories(folder, error);
    require(!error, folder.string(), ": cannot be created: ", error.message());
    while (true) {
      auto file = std::make_unique<File>(folder / kLockName);
      require(file->descriptor.is_open(), file->name.string(), ": cannot write: ", reason());
      struct flock range = whole_file();
      if (::fcntl(file->descriptor.get(), F_OFD_SETLK, &range) != 0) {
        if (errno == EAGAIN || errno == EACCES) return std::nullopt;
        fail(file->name.string(), ": cannot be locked: ", reason());
      }
      if (is_there(file->descriptor)) return RunLock(std::move(file));
    }
  });
}

bool RunLock::is_held(const fs::path& folder) {
  return at_border([&] {
    const fs::path path = folder / kLockName;
    const Descriptor file(path, O_RDONLY | O_NONBLOCK);
    if (!file.is_open()) {
      require(errno == ENOENT || errno == ENOTDIR, path.string(), ": cannot be opened: ", reason());
      return false;
    }
    struct flock range = whole_file();
    const bool answered = ::fcntl(file.get(), F_OFD_GETLK, &range) == 0;
    require(answered, path.string(), ": cannot be asked for its lock: ", reason());
    return range.l_type != F_UNLCK;
  });
}

}  // namespace qprompt
