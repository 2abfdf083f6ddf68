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

struct Size {
  std::int64_t width, height;
};

// Of the resized picture. Where the aspect stays the shorter side's rule truncates, as torchvision
// does, and the longer side's rounds, as open_clip does.
Size resized_size(const Image& image, const Preprocessing& preprocessing) {
  const int size =
      preprocessing.resize_size > 0 ? preprocessing.resize_size : preprocessing.image_size;
  const std::int64_t width = image.width, height = image.height;
  const std::int64_t shorter = std::min(width, height), longer = std::max(width, height);
  const auto rounded = [&](std::int64_t side) {
    const double ratio = static_cast<double>(longer) / size;
    return std::max<std::int64_t>(1, std::llrint(static_cast<double>(side) / ratio));
  };
  switch (preprocessing.resize_mode) {
    case ResizeMode::kLongest:
      return {rounded(width), rounded(height)};
    case ResizeMode::kSquash:
      return {size, size};
    case ResizeMode::kNone:
      return {width, height};
    default:
      return {size * width / shorter, size * height / shorter};
  }
}

// The window of the centre, where the picture is not smaller than it.
ResizeWindow centre_window(const Size& full, int size) {
  ResizeWindow window{.full_width = full.width, .full_height = full.height};
  window.width = static_cast<int>(std::min<std::int64_t>(size, full.width));
  window.height = static_cast<int>(std::min<std::int64_t>(size, full.height));
  window.x = centre_offset(full.width, window.width);
  window.y = centre_offset(full.height, window.height);
  return window;
}

Image with_border(const Image& image, int size, int fill) {
  Image out{.width = size, .height = size};
  out.pixels.assign(std::size_t{3} * size * size, static_cast<std::uint8_t>(fill));
  const std::size_t left = (size - image.width) / 2, top = (size - image.height) / 2;
  const std::size_t row_bytes = std::size_t{3} * image.width;
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(&image.pixels[y * row_bytes], row_bytes,
                &out.pixels[3 * ((top + y) * size + left)]);
  }
  return out;
}

}  // namespace

Image clip_preprocess(const Image& image, const Preprocessing& preprocessing) {
  require(image.width > 0 && image.height > 0, "clip_preprocess: an image without pixels");
  const int size = preprocessing.image_size;
  const ResizeWindow window = centre_window(resized_size(image, preprocessing), size);
  Image view = resize_window(image, window, preprocessing.interpolation);
  const bool whole = window.width == size && window.height == size;
  return whole ? view : with_border(view, size, preprocessing.fill);
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
