#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#include <stb_image.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

// stb_image reads zeros after the end of its data; a stream notices that it was asked for more.
struct Stream {
  std::span<const std::byte> rest;
  bool ended = false;
};

int read(void* user, char* out, int size) {
  auto* stream = static_cast<Stream*>(user);
  const std::size_t count = std::min(static_cast<std::size_t>(size), stream->rest.size());
  if (count == 0) {
    stream->ended = true;
    return 0;
  }
  std::memcpy(out, stream->rest.data(), count);
  stream->rest = stream->rest.subspan(count);
  return static_cast<int>(count);
}

void skip(void* user, int size) {
  auto* stream = static_cast<Stream*>(user);
  const std::size_t count =
      std::min(static_cast<std::size_t>(std::max(size, 0)), stream->rest.size());
  stream->rest = stream->rest.subspan(count);
}

int at_end(void* user) { return static_cast<Stream*>(user)->rest.empty() ? 1 : 0; }

constexpr stbi_io_callbacks kCallbacks{.read = read, .skip = skip, .eof = at_end};

std::uint32_t little_endian_32(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

// stb_image derives the length of the palette from these two and believes them.
void check_header(std::span<const std::byte> bytes, const std::string& name) {
  require(bytes.size() >= 26, name, ": damaged BMP: the file ends too early");
  const std::uint64_t pixels_at = little_endian_32(bytes, 10);
  const std::uint64_t header_size = little_endian_32(bytes, 14);
  require(header_size >= 40, name, ": a BMP of OS/2's old kind, expected Windows' kind");
  require(14 + header_size <= pixels_at && pixels_at < bytes.size(), name,
          ": damaged BMP: pixels at byte ", pixels_at, " of ", bytes.size());
}

}  // namespace

Image decode_bmp(const ImageFile& file) {
  const auto& [bytes, name, options] = file;
  check_header(bytes, name);
  int width = 0, height = 0, channels = 0;
  Stream header{.rest = bytes};
  require(stbi_info_from_callbacks(&kCallbacks, &header, &width, &height, &channels) != 0, name,
          ": damaged BMP: no readable header");
  const std::int64_t rows = std::abs(std::int64_t{height});  // negative: the top row comes first
  Image image = allocate_image(file, width, rows, 8);        // of one bit
  Stream stream{.rest = bytes};
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
      stbi_load_from_callbacks(&kCallbacks, &stream, &width, &height, &channels, 3),
      stbi_image_free);
  const std::string_view reason = pixels == nullptr ? stbi_failure_reason() : "";
  if (reason == "outofmem") throw std::bad_alloc();
  require(pixels != nullptr, name, ": damaged BMP: ", reason);
  require(!stream.ended, name, ": damaged BMP: the file ends too early");
  require(width == image.width && height == image.height, name, ": damaged BMP: unclear size");
  std::memcpy(image.pixels.data(), pixels.get(), image.pixels.size());
  return image;
}

}  // namespace qprompt
