#include "qprompt/data/augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "qprompt/core/error.h"
#include "qprompt/data/preprocess.h"

namespace qprompt {
namespace {

constexpr double kMinArea = 0.08;
constexpr double kMaxArea = 1.0;
constexpr double kMinAspect = 3.0 / 4.0;
constexpr double kMaxAspect = 4.0 / 3.0;
constexpr int kTries = 10;

int rounded(double value) { return static_cast<int>(std::nearbyint(value)); }

std::optional<Box> random_box(int width, int height, Random& random) {
  const double area = static_cast<double>(width) * height * random.uniform(kMinArea, kMaxArea);
  const double aspect = std::exp(random.uniform(std::log(kMinAspect), std::log(kMaxAspect)));
  Box box{.width = rounded(std::sqrt(area * aspect)), .height = rounded(std::sqrt(area / aspect))};
  if (box.width < 1 || box.width > width || box.height < 1 || box.height > height) return {};
  box.y = static_cast<int>(random.below(height - box.height + 1));
  box.x = static_cast<int>(random.below(width - box.width + 1));
  return box;
}

Box largest_centre_box(int width, int height) {
  const double aspect = static_cast<double>(width) / height;
  Box box{.width = width, .height = height};
  if (aspect < kMinAspect) box.height = std::clamp(rounded(width / kMinAspect), 1, height);
  if (aspect > kMaxAspect) box.width = std::clamp(rounded(height * kMaxAspect), 1, width);
  box.x = (width - box.width) / 2;
  box.y = (height - box.height) / 2;
  return box;
}

void flip_rows(Image& image) {
  const std::size_t row_bytes = std::size_t{3} * image.width;
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* row = &image.pixels[y * row_bytes];
    std::reverse(row, row + row_bytes);  // turns pixels round too: BGR
    for (std::size_t i = 0; i < row_bytes; i += 3) std::swap(row[i], row[i + 2]);
  }
}

}  // namespace

View centre_view() { return {}; }

View random_view(int width, int height, Random& random) {
  require(width > 0 && height > 0, "random_view: of ", width, "x", height, " pixels");
  std::optional<Box> box;
  for (int i = 0; i < kTries && !box; ++i) box = random_box(width, height, random);
  return {.box = box.value_or(largest_centre_box(width, height)),
          .flip = random.uniform() < 0.5,
          .whole = false};
}

Image apply_view(const Image& image, const View& view, const Preprocessing& preprocessing) {
  const int size = preprocessing.image_size;
  Image out = view.whole ? clip_preprocess(image, preprocessing)
                         : resize_box(image, view.box, size, size, preprocessing.interpolation);
  if (view.flip) flip_rows(out);
  return out;
}

}  // namespace qprompt
