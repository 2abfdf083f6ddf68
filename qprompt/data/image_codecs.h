#pragma once

// Inside data/ only: one decoder per format. All of them throw Error beginning with the file's
// name, Interrupted, and std::bad_alloc where memory is lacking.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "qprompt/data/image.h"

namespace qprompt {

// An image file in memory, and what its caller wants to hear.
struct ImageFile {
  std::span<const std::byte> bytes;
  const std::string& name;
  const DecodeOptions& options;

  void check_stop() const;  // throws Interrupted
  void notice(const std::string& what) const;
};

// Throws before anything is allocated when a file claims an empty or too large image.
Image allocate_image(const ImageFile& file, std::int64_t width, std::int64_t height);

// Throws where a file cannot hold so much: above 2^24 pixels (flat colours need next to nothing)
// one byte for `pixels_of_a_byte` of them.
void require_held(const ImageFile& file, std::int64_t width, std::int64_t height,
                  std::int64_t pixels_of_a_byte);

// Both.
Image allocate_image(const ImageFile& file, std::int64_t width, std::int64_t height,
                     std::int64_t pixels_of_a_byte);

// For formats whose entropy coding sets no limit of its own.
constexpr std::int64_t kPixelsOfAByte = 16'384;

// 255 is full ink.
void cmyk_to_rgb(std::span<const std::uint8_t> cmyk, std::span<std::uint8_t> rgb);

Image decode_jpeg(const ImageFile& file);
Image decode_png(const ImageFile& file);
Image decode_webp(const ImageFile& file);
Image decode_bmp(const ImageFile& file);
Image decode_tiff(const ImageFile& file);
Image decode_gif(const ImageFile& file);
Image decode_heif(const ImageFile& file);  // AVIF and HEIC

}  // namespace qprompt
