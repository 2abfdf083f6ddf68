#include "qprompt/data/image_gray16.h"

#include <algorithm>
#include <cstring>

namespace qprompt {
namespace {

std::uint16_t sample(const std::uint8_t* row, std::size_t x) {
  std::uint16_t value = 0;
  std::memcpy(&value, row + sizeof value * x, sizeof value);
  return value;
}

std::size_t row_size(const Image& image) { return 3 * static_cast<std::size_t>(image.width); }

int largest_sample(const Image& image) {
  std::uint16_t largest = 0;
  for (auto row = image.pixels.data(); row != image.pixels.data() + image.pixels.size();
       row += row_size(image)) {
    for (std::size_t x = 0; x < row_size(image) / 3; ++x)
      largest = std::max(largest, sample(row, x));
  }
  return largest;
}

int bits_in_use(int largest, int significant_bits) {
  if (significant_bits > 0) {
    return significant_bits < 16 && largest < 1 << significant_bits ? significant_bits : 16;
  }
  if (largest < 1 << 8) return 8;
  return largest < 1 << 12 ? 12 : 16;
}

}  // namespace

void gray_16_to_rgb(const ImageFile& file, Image& image, int significant_bits) {
  const int largest = largest_sample(image);
  const int bits = bits_in_use(largest, significant_bits);
  const int most = (1 << bits) - 1;
  for (auto row = image.pixels.data(); row != image.pixels.data() + image.pixels.size();
       row += row_size(image)) {
    // From the right, where there is room: a pixel is longer than its sample.
    for (std::size_t x = row_size(image) / 3; x-- > 0;) {
      const int value = sample(row, x);
      const int gray = bits >= 8 ? value >> (bits - 8) : value * 255 / most;
      std::fill_n(row + 3 * x, 3, static_cast<std::uint8_t>(gray));
    }
  }
  if (bits == 16 || largest == 0) return;
  file.notice("16-bit gray with no value above " + std::to_string(largest) + ", read as " +
              std::to_string(bits) + " bits");
}

void tell_of_dark_colour_16(const ImageFile& file, const Image& image) {
  const std::uint8_t largest = *std::ranges::max_element(image.pixels);
  if (largest >= 1 << 4) return;
  file.notice("16-bit colour with no value above " + std::to_string(largest << 8 | 255) +
              ": nearly black, as PIL reads it");
}

}  // namespace qprompt
