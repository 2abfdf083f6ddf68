#include "qprompt/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Why the last system call failed. To be asked after the call: arguments have no order.
std::string reason() { return std::strerror(errno); }

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // False when the system reports only now that the content did not fit.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// A pipe that nobody writes to would keep a plain open() waiting for ever.
constexpr int kReading = O_RDONLY | O_NONBLOCK;

std::size_t regular_file_size(const Descriptor& file, const fs::path& path) {
  require(file.is_open(), path.string(), ": cannot open: ", reason());
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0;
  require(known, path.string(), ": cannot read its size: ", reason());
  require(S_ISREG(status.st_mode), path.string(), ": not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

bool write_all(int fd, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

void write_in_place(const fs::path& path, std::span<const std::byte> content) {
  Descriptor file(path, O_WRONLY);
  require(file.is_open(), path.string(), ": cannot write: ", reason());
  const bool written = write_all(file.get(), content);
  require(written, path.string(), ": cannot write: ", reason());
}

fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  fs::path name = path;
  name += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
  return name;
}

void write_and_rename(const fs::path& path, std::span<const std::byte> content) {
  const fs::path temporary = temporary_name(path);
  Descriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  require(file.is_open(), path.string(), ": cannot write: ", reason());
  const bool written = write_all(file.get(), content) && ::fsync(file.get()) == 0 && file.close() &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return;
  const std::string why = reason();
  ::unlink(temporary.c_str());
  fail(path.string(), ": cannot write: ", why);
}

}  // namespace

struct MappedFile::Map {
  fs::path path;
  void* address = nullptr;  // null for an empty file, which cannot be mapped
  std::size_t size = 0;

  ~Map() {
    if (address != nullptr) ::munmap(address, size);
  }
};

MappedFile::MappedFile(const fs::path& path) {
  const auto map = std::make_shared<Map>();
  const Descriptor file(path, kReading);
  map->path = path;
  map->size = regular_file_size(file, path);
  if (map->size > 0) {
    void* const address = ::mmap(nullptr, map->size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    require(address != MAP_FAILED, path.string(), ": cannot map: ", reason());
    map->address = address;
  }
  map_ = map;
}

std::span<const std::byte> MappedFile::bytes() const {
  return {static_cast<const std::byte*>(map_->address), map_->size};
}

const fs::path& MappedFile::path() const { return map_->path; }

void MappedFile::drop_pages() const {
  if (map_->address != nullptr) ::madvise(map_->address, map_->size, MADV_DONTNEED);
}

namespace {

// Into a string or a vector of bytes. A file that shrinks meanwhile gives what it still has.
template <typename Content>
Content read_whole(const fs::path& path) {
  const Descriptor file(path, kReading);
  Content content(regular_file_size(file, path), {});
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    require(count >= 0, path.string(), ": cannot read: ", reason());
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  content.resize(filled);
  return content;
}

}  // namespace

std::vector<std::byte> read_bytes(const fs::path& path) {
  return read_whole<std::vector<std::byte>>(path);
}

std::string read_text(const fs::path& path) { return read_whole<std::string>(path); }

std::vector<std::string> read_lines(const fs::path& path) {
  std::istringstream stream(decoded_text(read_text(path), path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

void write_file(const fs::path& path, std::span<const std::byte> content) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  require(!error, path.string(), ": cannot create its folder: ", error.message());
  const fs::file_status status = fs::status(path, error);
  require(!fs::is_directory(status), path.string(), ": cannot write: is a folder");
  // A device or a pipe must not be replaced by a file of the same name.
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_in_place(path, content);
  write_and_rename(path, content);
}

void write_file(const fs::path& path, std::string_view content) {
  write_file(path, std::as_bytes(std::span(content)));
}

}  // namespace qprompt
