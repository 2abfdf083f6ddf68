#include <sys/file.h>
#include <sys/stat.h>

#include <optional>
#include <random>

#include "qprompt/core/descriptor.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".tmp-";

void write_in_place(const fs::path& path, std::span<const std::byte> content) {
  const Descriptor file(path, O_WRONLY);
  require(file.is_open(), path.string(), ": cannot write: ", reason());
  const bool written = write_all(file.get(), content);
  require(written, path.string(), ": cannot write: ", reason());
}

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

// NAME.tmp-<16 digits>, and NAME.tmp-<process>-<count> of version 0.1.
bool is_temporary_of(const fs::path& target, const fs::path& path) {
  const std::string start = target.filename().string() + std::string(kMark);
  const std::string name = path.filename().string();
  if (!name.starts_with(start)) return false;
  const std::string_view end = std::string_view(name).substr(start.size());
  const std::size_t dash = end.find('-');
  if (dash == end.npos) return end.size() == 16 && consists_of(end, "0123456789abcdef");
  return consists_of(end.substr(0, dash), "0123456789") &&
         consists_of(end.substr(dash + 1), "0123456789");
}

// Whoever writes holds the lock of its file, and loses it by dying: a file that can be locked is
// one that a killed process left.
void remove_if_left_behind(const fs::path& path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  struct stat status {};
  const bool left_behind = file.is_open() && ::fstat(file.get(), &status) == 0 &&
                           S_ISREG(status.st_mode) && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  if (left_behind) ::unlink(path.c_str());
}

void sweep(const fs::path& target) {
  std::error_code error;
  fs::directory_iterator entry(fs::absolute(target).parent_path(), error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (is_temporary_of(target, entry->path())) remove_if_left_behind(entry->path());
  }
}

std::optional<mode_t> mode_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mode & 07777;
}

// A file beside its place, locked, under a name that nobody else has.
class Temporary {
 public:
  explicit Temporary(const fs::path& target) : target_(target) {
    // A second and third name where one is taken, or was swept before it was locked.
    while (file_ = std::nullopt, name_ = random_name(), !try_create()) {
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!in_place_) ::unlink(name_.c_str());
  }

  // False with errno where the system refuses.
  bool replace(std::span<const std::byte> content) {
    if (const auto mode = mode_of(target_)) ::fchmod(file_->get(), *mode);
    in_place_ = write_all(file_->get(), content) && ::fsync(file_->get()) == 0 &&
                ::rename(name_.c_str(), target_.c_str()) == 0;
    return in_place_;
  }

 private:
  fs::path random_name() const {
    std::random_device random;
    fs::path name = target_;
    name += std::string(kMark) + hex64(std::uint64_t{random()} << 32 | random());
    return name;
  }

  bool try_create() {
    file_.emplace(name_, O_WRONLY | O_CREAT | O_EXCL);
    if (!file_->is_open() && errno == EEXIST) return false;
    require(file_->is_open(), target_.string(), ": cannot write: ", reason());
    ::flock(file_->get(), LOCK_EX);  // where there are no locks, nobody sweeps
    struct stat status {};
    return ::fstat(file_->get(), &status) != 0 || status.st_nlink > 0;
  }

  fs::path target_, name_;
  std::optional<Descriptor> file_;
  bool in_place_ = false;
};

void write_and_rename(const fs::path& target, std::span<const std::byte> content) {
  sweep(target);
  std::string why;
  {
    Temporary temporary(target);
    if (temporary.replace(content)) return;
    why = reason();
  }
  fail(target.string(), ": cannot write: ", why);
}

// A link stays one: what it stands for is written.
fs::path behind_links(fs::path path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    require(links < kMostLinks, path.string(), ": cannot write: too many links");
    const fs::path to = fs::read_symlink(path, error);
    require(!error, path.string(), ": cannot write: ", error.message());
    path = path.parent_path() / to;
  }
  return path;
}

}  // namespace

void write_file(const fs::path& path, std::span<const std::byte> content) {
  const fs::path target = behind_links(path);
  std::error_code error;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  require(!error, path.string(), ": cannot create its folder: ", error.message());
  const fs::file_status status = fs::status(target, error);
  require(!fs::is_directory(status), path.string(), ": cannot write: is a folder");
  // A device or a pipe must not be replaced by a file of the same name.
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_in_place(target, content);
  write_and_rename(target, content);
}

void write_file(const fs::path& path, std::string_view content) {
  write_file(path, std::as_bytes(std::span(content)));
}

}  // namespace qprompt
