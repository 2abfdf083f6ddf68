#include "qprompt/data/image.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/image_codecs.h"
#include "qprompt/data/image_kind.h"

namespace qprompt {
namespace {

constexpr std::int64_t kFlatPixels = std::int64_t{1} << 24;

constexpr std::array<std::string_view, 13> kExtensions{".jpg",  ".jpeg", ".jpe", ".jfif", ".png",
                                                       ".webp", ".bmp",  ".tif", ".tiff", ".gif",
                                                       ".avif", ".heic", ".heif"};

// a * b / 255, rounded, in PIL's integer arithmetic.
std::uint8_t product_255(int a, int b) {
  const int product = a * b + 128;
  return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

}  // namespace

void ImageFile::check_stop() const {
  if (options.stop && options.stop()) throw Interrupted();
}

void ImageFile::notice(const std::string& what) const {
  if (options.notice) options.notice(name + ": " + what);
}

Image allocate_image(const ImageFile& file, std::int64_t width, std::int64_t height) {
  require(width > 0 && height > 0, file.name, ": ", width, "x", height,
          " pixels, expected at least 1x1");
  const std::int64_t most = std::min(file.options.max_pixels, kMostPixels);
  require(width <= most / height, file.name, ": ", width, "x", height, " pixels, the limit is ",
          most);
  Image image{.width = static_cast<int>(width), .height = static_cast<int>(height)};
  image.pixels.resize(static_cast<std::size_t>(3 * width * height));
  return image;
}

void require_held(const ImageFile& file, std::int64_t width, std::int64_t height,
                  std::int64_t pixels_of_a_byte) {
  const std::int64_t most = std::max(kFlatPixels, pixels_of_a_byte * std::ssize(file.bytes));
  require(width <= 0 || height <= most / width, file.name, ": damaged: ", width, "x", height,
          " pixels in ", file.bytes.size(), " bytes");
}

Image allocate_image(const ImageFile& file, std::int64_t width, std::int64_t height,
                     std::int64_t pixels_of_a_byte) {
  require_held(file, width, height, pixels_of_a_byte);
  return allocate_image(file, width, height);
}

void cmyk_to_rgb(std::span<const std::uint8_t> cmyk, std::span<std::uint8_t> rgb) {
  for (std::size_t pixel = 0; pixel < rgb.size() / 3; ++pixel) {
    const int paper = 255 - cmyk[4 * pixel + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[3 * pixel + c] =
          static_cast<std::uint8_t>(paper - product_255(cmyk[4 * pixel + c], paper));
    }
  }
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeOptions& options) {
  require(!bytes.empty(), name, ": the file is empty, expected an image");
  const ImageFile file{bytes, name, options};
  file.check_stop();
  switch (image_format(bytes)) {
    case ImageFormat::kJpeg:
      return decode_jpeg(file);
    case ImageFormat::kPng:
      return decode_png(file);
    case ImageFormat::kWebp:
      return decode_webp(file);
    case ImageFormat::kBmp:
      return decode_bmp(file);
    case ImageFormat::kTiff:
      return decode_tiff(file);
    case ImageFormat::kGif:
      return decode_gif(file);
    case ImageFormat::kHeif:
      return decode_heif(file);
    case ImageFormat::kNone:
      break;
  }
  fail(name, ": ", kind_of_content(bytes),
       ", expected JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC");
}

bool has_image_extension(const std::filesystem::path& path) {
  const std::string extension = lower_ascii(path.extension().string());
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

std::string image_extensions() {
  std::string text;
  for (const std::string_view extension : kExtensions) {
    text.append(text.empty() ? "" : " ").append(extension);
  }
  return text;
}

}  // namespace qprompt
