#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

// JPEG, PNG, WebP or BMP, recognised from the content, converted to RGB as PIL's convert("RGB"):
// alpha is dropped, 16 bits become the high byte, CMYK is read as Adobe writes it. The EXIF
// orientation is not applied: the reference does not look at it either.
// Throws Error beginning with `name` for a damaged, truncated, empty or unknown file, and for more
// than 178,956,970 pixels (PIL's limit).
Image decode_image(std::span<const std::byte> bytes, const std::string& name);

void write_png(const std::filesystem::path& path, const Image& image);

// By its extension, without looking into the file: .jpg .jpeg .png .webp .bmp in any case.
bool has_image_extension(const std::filesystem::path& path);

}  // namespace qprompt
