#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

// A read-only memory map of a whole file. Copies share the map.
class MappedFile {
 public:
  // Throws Error naming the file when it cannot be opened.
  explicit MappedFile(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const;
  const std::filesystem::path& path() const;

  // Tells the system that the pages are not needed for now; reading them again is correct and slow.
  void drop_pages() const;

 private:
  struct Map;
  std::shared_ptr<const Map> map_;
};

// The whole file. Throws Error naming the file; a pipe or a device is refused, never waited for.
std::vector<std::byte> read_bytes(const std::filesystem::path& path);
// The same as text.
std::string read_text(const std::filesystem::path& path);

// Its lines, decoded (unicode.h), without their ends.
std::vector<std::string> read_lines(const std::filesystem::path& path);

// Editors on Windows put U+FEFF before UTF-8 text.
std::string_view without_byte_order_mark(std::string_view text);

// Writes beside `path` and renames: a reader sees the old file or the whole new one, and a failure
// (unwritable folder, full disk) leaves the old one, whose permissions the new one takes over. A
// link stays a link. Creates missing parent folders, and removes what a killed process left.
void write_file(const std::filesystem::path& path, std::span<const std::byte> content);
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace qprompt
