#include "qprompt/data/image.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

constexpr std::int64_t kMaxPixels = 178'956'970;

}  // namespace

Image allocate_image(std::int64_t width, std::int64_t height, const std::string& name) {
  require(width > 0 && height > 0, name, ": ", width, "x", height,
          " pixels, expected at least 1x1");
  require(width <= kMaxPixels / height, name, ": ", width, "x", height, " pixels, the limit is ",
          kMaxPixels);
  Image image{.width = static_cast<int>(width), .height = static_cast<int>(height)};
  image.pixels.resize(static_cast<std::size_t>(3 * width * height));
  return image;
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  require(!bytes.empty(), name, ": the file is empty, expected an image");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xFF\xD8\xFF")) return decode_jpeg(bytes, name);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return decode_png(bytes, name);
  if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP")) {
    return decode_webp(bytes, name);
  }
  if (text.starts_with("BM")) return decode_bmp(bytes, name);
  fail(name, ": not an image that can be read, expected JPEG, PNG, WebP or BMP");
}

bool has_image_extension(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 5> kExtensions{".jpg", ".jpeg", ".png", ".webp", ".bmp"};
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

}  // namespace qprompt
