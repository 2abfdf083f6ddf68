#include "qprompt/data/image_exif.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "qprompt/data/image_kind.h"

namespace qprompt {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kExifMark = "Exif\0\0"sv;

// Numbers of either byte order at any place: 0 behind the end, so nothing needs to be believed.
struct Numbers {
  std::string_view bytes;
  std::endian order = std::endian::big;

  std::size_t at(std::size_t place, std::size_t size) const {
    if (place > bytes.size() || size > bytes.size() - place) return 0;
    std::size_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t digit = order == std::endian::big ? i : size - 1 - i;
      value = value << 8 | static_cast<unsigned char>(bytes[place + digit]);
    }
    return value;
  }
  std::string_view part(std::size_t place, std::size_t size) const {
    return place < bytes.size() ? bytes.substr(place, size) : std::string_view();
  }
};

// Each gives the block of EXIF data, or nothing.
std::string_view exif_of_jpeg(const Numbers& file) {
  for (std::size_t at = 2; file.at(at, 1) == 0xFF;) {
    const std::size_t marker = file.at(at + 1, 1);
    if (marker == 0xFF) {  // filling
      ++at;
      continue;
    }
    const std::size_t size = file.at(at + 2, 2);
    if (marker == 0xDA || size < 2) break;  // the pixels begin
    const std::string_view segment = file.part(at + 4, size - 2);
    if (marker == 0xE1 && segment.starts_with(kExifMark)) return segment;
    at += 2 + size;
  }
  return {};
}

std::string_view exif_of_png(const Numbers& file) {
  for (std::size_t at = 8; at < file.bytes.size(); at += 12 + file.at(at, 4)) {
    if (file.part(at + 4, 4) == "eXIf") return file.part(at + 8, file.at(at, 4));
  }
  return {};
}

std::string_view exif_of_webp(Numbers file) {
  file.order = std::endian::little;
  for (std::size_t at = 12; at < file.bytes.size();) {
    const std::size_t size = file.at(at + 4, 4);
    if (file.part(at, 4) == "EXIF") return file.part(at + 8, size);
    at += 8 + size + size % 2;
  }
  return {};
}

std::string_view exif_of(std::span<const std::byte> bytes) {
  const Numbers file{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
  switch (image_format(bytes)) {
    case ImageFormat::kJpeg:
      return exif_of_jpeg(file);
    case ImageFormat::kPng:
      return exif_of_png(file);
    case ImageFormat::kWebp:
      return exif_of_webp(file);
    default:
      return {};
  }
}

// EXIF data are a TIFF, whose first directory holds the orientation.
std::size_t orientation_in(std::string_view exif) {
  constexpr std::size_t kOrientation = 0x112, kShort = 3, kLong = 4;
  if (exif.starts_with(kExifMark)) exif.remove_prefix(kExifMark.size());
  if (!exif.starts_with("II*\0"sv) && !exif.starts_with("MM\0*"sv)) return 1;
  const Numbers tiff{exif, exif.starts_with('I') ? std::endian::little : std::endian::big};
  const std::size_t directory = tiff.at(4, 4);
  const std::size_t count = tiff.at(directory, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (tiff.at(entry, 2) != kOrientation || tiff.at(entry + 4, 4) != 1) continue;
    const std::size_t type = tiff.at(entry + 2, 2);
    return type == kShort ? tiff.at(entry + 8, 2) : type == kLong ? tiff.at(entry + 8, 4) : 1;
  }
  return 1;
}

}  // namespace

int exif_orientation(std::span<const std::byte> bytes) {
  const std::size_t orientation = orientation_in(exif_of(bytes));
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

Image upright(const Image& stored, int orientation) {
  const bool sides_swapped = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation >= 7;
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image image{.width = sides_swapped ? stored.height : stored.width,
              .height = sides_swapped ? stored.width : stored.height};
  image.pixels.resize(stored.pixels.size());
  auto out = image.pixels.begin();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const int across = sides_swapped ? y : x, down = sides_swapped ? x : y;
      const int column = from_right ? stored.width - 1 - across : across;
      const int row = from_below ? stored.height - 1 - down : down;
      const std::ptrdiff_t pixel = std::ptrdiff_t{row} * stored.width + column;
      out = std::copy_n(stored.pixels.begin() + 3 * pixel, 3, out);
    }
  }
  return image;
}

}  // namespace qprompt
