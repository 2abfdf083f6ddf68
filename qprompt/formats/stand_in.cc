#include "qprompt/formats/stand_in.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

// The first letters, small, without the white space before them.
std::string beginning(std::span<const std::byte> bytes) {
  constexpr std::size_t kLength = 256;
  std::string text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLength));
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

bool is_lfs_pointer(std::span<const std::byte> bytes) {
  return beginning(bytes).starts_with("version https://git-lfs");
}

void refuse_stand_in(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  require(!is_lfs_pointer(bytes), path.string(), ": a Git LFS pointer of ", bytes.size(),
          " bytes, not the file itself; fetch it with: git lfs pull");
  const std::string text = beginning(bytes);
  require(!text.starts_with("<!doctype html") && !text.starts_with("<html"), path.string(),
          ": a web page, not the file itself (a login or an error page?); download it again");
}

}  // namespace qprompt
