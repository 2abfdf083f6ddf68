// One program for each format: QPROMPT_FUZZ_FORMAT is an ImageFormat.
#include "qprompt/data/image.h"

#include <zlib.h>

#include "fuzz/fuzz.h"
#include "qprompt/data/image_exif.h"
#include "qprompt/data/image_kind.h"

namespace qprompt::fuzz {
namespace {

constexpr ImageFormat kFormat = ImageFormat::QPROMPT_FUZZ_FORMAT;
constexpr int kPatience = 300;  // rows, about: a slow picture teaches no more than a quick one

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4))
    number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// A PNG with the right checksums of its chunks, which no mutation finds.
std::string sealed(std::string png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t size = big_endian(std::string_view(png).substr(at));
    if (size > png.size() - at - 12) break;
    const uLong checksum =
        crc32_z(0, reinterpret_cast<const Bytef*>(png.data()) + at + 4, size + 4);
    for (int i = 0; i < 4; ++i)
      png[at + 8 + size + i] = static_cast<char>(checksum >> (24 - 8 * i));
    at += 12 + size;
  }
  return png;
}

void read(std::span<const std::byte> bytes) {
  int asked = 0;
  const DecodeOptions options{.stop = [&] { return ++asked > kPatience; },
                              .notice = [](const std::string&) {}};
  const Image image = decode_image(bytes, "image", options);
  expect(std::ssize(image.pixels) == std::ptrdiff_t{3} * image.width * image.height);
  const Image turned = upright(image, exif_orientation(bytes));
  expect(turned.pixels.size() == image.pixels.size());
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  std::string file(fuzz::text_of(data, size));
  if (image_format(std::as_bytes(std::span(file))) != fuzz::kFormat) return 0;
  if (fuzz::kFormat == ImageFormat::kPng) file = fuzz::sealed(std::move(file));
  return fuzz::answered([&] { fuzz::read(std::as_bytes(std::span(file))); });
}
