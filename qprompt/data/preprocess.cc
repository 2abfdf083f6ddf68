#include "qprompt/data/preprocess.h"

#include <algorithm>
#include <cmath>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

// Python's round() of half the difference: halves go to the even neighbour.
std::int64_t centre_offset(std::int64_t full, std::int64_t part) {
  return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(full - part) / 2.0));
}

}  // namespace

Image clip_preprocess(const Image& image, int size) {
  require(image.width > 0 && image.height > 0, "clip_preprocess: an image without pixels");
  const std::int64_t shorter = std::min(image.width, image.height);
  ResizeWindow window{.full_width = std::int64_t{size} * image.width / shorter,
                      .full_height = std::int64_t{size} * image.height / shorter,
                      .width = size,
                      .height = size};
  window.x = centre_offset(window.full_width, size);
  window.y = centre_offset(window.full_height, size);
  return resize_window(image, window);
}

void normalize(const Image& image, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> out) {
  const std::size_t plane = image.pixels.size() / 3;
  require(out.size() == 3 * plane, "normalize: ", 3 * plane, " values into ", out.size());
  for (std::size_t c = 0; c < 3; ++c) {
    std::array<float, 256> value_of;
    for (int level = 0; level < 256; ++level) {
      value_of[level] = (static_cast<float>(level) / 255.0F - mean[c]) / std[c];
    }
    for (std::size_t i = 0; i < plane; ++i) {
      out[c * plane + i] = value_of[image.pixels[3 * i + c]];
    }
  }
}

}  // namespace qprompt
