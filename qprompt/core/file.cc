#include "qprompt/core/file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <sstream>

#include "qprompt/core/descriptor.h"
#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

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

template <typename Content>
Content room_for(std::size_t size, const fs::path& path) {
  try {
    return Content(size, {});
  } catch (const std::exception&) {  // bad_alloc, or length_error
    throw OutOfMemory(path.string() + ": not enough memory for its " + std::to_string(size) +
                      " bytes");
  }
}

// Into a string or a vector of bytes. A file that shrinks meanwhile gives what it still has.
template <typename Content>
Content read_whole(const fs::path& path) {
  const Descriptor file(path, kReading);
  Content content = room_for<Content>(regular_file_size(file, path), path);
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

}  // namespace qprompt
