#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace qprompt {

// RGB, 8 bit, rows from the top, pixels [height, width, 3].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels{};

  bool operator==(const Image&) const = default;
};

// PIL's limit.
inline constexpr std::int64_t kMostPixels = 178'956'970;

// `stop` and `notice` are called on the thread that decodes.
struct DecodeOptions {
  std::function<bool()> stop{};  // asked every few rows; a true answer throws Interrupted
  std::function<void(const std::string&)> notice{};  // a line where values had to be interpreted
  std::int64_t max_pixels = kMostPixels;             // at most that
};

// JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC, recognised from the content, the first picture of
// several, converted to RGB as PIL's convert("RGB"): alpha is dropped, 16 bits become the high
// byte (gray: image_gray16.h), CMYK is read as Adobe writes it. The EXIF orientation is not
// applied: the reference does not look at it either. What TIFF, AVIF and HEIC themselves say of
// turning is.
// Throws Error beginning with `name` for a damaged, truncated, empty or unknown file, and for more
// pixels than the options allow; std::bad_alloc where memory is lacking.
Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeOptions& options = {});

void write_png(const std::filesystem::path& path, const Image& image);

// By its extension, without looking into the file: one of image_extensions() in any case.
bool has_image_extension(const std::filesystem::path& path);

// ".jpg .jpeg ...", for messages.
std::string image_extensions();

}  // namespace qprompt
