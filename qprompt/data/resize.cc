#include "qprompt/data/resize.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr int kChannels = 3;
constexpr int kFractionBits = 22;  // 32 less 8 of the pixel less 2 for weights beyond one
constexpr double kSupport = 2.0;

// The cubic convolution kernel with a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < kSupport) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// Along one axis: output i is the weighted sum of inputs first[i] .. first[i] + count[i] - 1.
struct Filter {
  std::vector<int> first, count;
  std::size_t stride = 0;  // weights of one output
  std::vector<std::int32_t> weights;

  std::span<const std::int32_t> weights_of(std::size_t i) const {
    return std::span(weights).subspan(i * stride, static_cast<std::size_t>(count[i]));
  }
};

std::int32_t fixed_point(double weight) {
  return static_cast<std::int32_t>(
      std::trunc(weight * (1 << kFractionBits) + std::copysign(0.5, weight)));
}

void add_output(Filter& filter, int in, double center, double stretch) {
  const double support = kSupport * stretch;
  const int first = static_cast<int>(std::max(0.0, std::trunc(center - support + 0.5)));
  const int end = static_cast<int>(std::min<double>(in, std::trunc(center + support + 0.5)));
  std::vector<double> weights(filter.stride);
  double sum = 0;
  for (int i = first; i < end; ++i) {
    sum += weights[i - first] = bicubic((i - center + 0.5) * (1.0 / stretch));
  }
  filter.first.push_back(first);
  filter.count.push_back(end - first);
  for (const double weight : weights) {
    filter.weights.push_back(fixed_point(sum != 0 ? weight / sum : weight));
  }
}

// Outputs first .. first + count - 1 of the axis `in` resized to `out`.
Filter bicubic_filter(int in, std::int64_t out, std::int64_t first, int count) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = std::max(scale, 1.0);  // antialiasing: the kernel covers what it replaces
  Filter filter;
  filter.stride = static_cast<std::size_t>(std::ceil(kSupport * stretch)) * 2 + 1;
  for (std::int64_t i = first; i < first + count; ++i) {
    add_output(filter, in, (static_cast<double>(i) + 0.5) * scale, stretch);
  }
  return filter;
}

constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

std::uint8_t round_to_8_bits(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

void resize_row(const std::uint8_t* in, const Filter& filter, std::uint8_t* out) {
  for (std::size_t x = 0; x < filter.first.size(); ++x) {
    const std::uint8_t* pixel = in + kChannels * filter.first[x];
    std::int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (const std::int32_t weight : filter.weights_of(x)) {
      red += weight * pixel[0];
      green += weight * pixel[1];
      blue += weight * pixel[2];
      pixel += kChannels;
    }
    *out++ = round_to_8_bits(red);
    *out++ = round_to_8_bits(green);
    *out++ = round_to_8_bits(blue);
  }
}

// One output row from the rows below `in`, each `sums.size()` values long.
void resize_columns(const std::uint8_t* in, std::span<const std::int32_t> weights,
                    std::span<std::int32_t> sums, std::uint8_t* out) {
  const std::size_t width = sums.size();
  std::fill(sums.begin(), sums.end(), kHalf);
  for (const std::int32_t weight : weights) {
    for (std::size_t i = 0; i < width; ++i) sums[i] += weight * in[i];
    in += width;
  }
  for (std::size_t i = 0; i < width; ++i) out[i] = round_to_8_bits(sums[i]);
}

// Rows of somebody else's pixels.
struct Rows {
  const std::uint8_t* pixels = nullptr;
  std::size_t row_bytes = 0;
  int width = 0;
  int height = 0;

  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * row_bytes; }
};

Image blank(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}};
  image.pixels.resize(std::size_t{kChannels} * width * height);
  return image;
}

// Rows y .. y + height - 1 of `in`, their columns resized (or only cut out where the size stays).
Image resized_columns(const Rows& in, const ResizeWindow& window, int y, int height) {
  Image out = blank(window.width, height);
  const std::size_t row_bytes = std::size_t{kChannels} * window.width;
  if (in.width == window.full_width) {
    for (int i = 0; i < height; ++i) {
      std::copy_n(in.row(y + i) + kChannels * window.x, row_bytes, &out.pixels[i * row_bytes]);
    }
    return out;
  }
  const Filter filter = bicubic_filter(in.width, window.full_width, window.x, window.width);
  for (int i = 0; i < height; ++i) {
    resize_row(in.row(y + i), filter, &out.pixels[i * row_bytes]);
  }
  return out;
}

Image resample(const Rows& in, const ResizeWindow& window) {
  if (in.height == window.full_height) {
    return resized_columns(in, window, static_cast<int>(window.y), window.height);
  }
  const Filter filter = bicubic_filter(in.height, window.full_height, window.y, window.height);
  const int top = filter.first.front();
  const int bottom = filter.first.back() + filter.count.back();
  const Image columns = resized_columns(in, window, top, bottom - top);
  Image out = blank(window.width, window.height);
  std::vector<std::int32_t> sums(std::size_t{kChannels} * window.width);
  for (std::size_t y = 0; y < filter.first.size(); ++y) {
    resize_columns(&columns.pixels[(filter.first[y] - top) * sums.size()], filter.weights_of(y),
                   sums, &out.pixels[y * sums.size()]);
  }
  return out;
}

Rows rows_of(const Image& image, const Box& box) {
  require(box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 &&
              box.width <= image.width - box.x && box.height <= image.height - box.y,
          "resize: the box ", box.width, "x", box.height, " at ", box.x, ",", box.y,
          " is not inside an image of ", image.width, "x", image.height, " pixels");
  const std::size_t row_bytes = std::size_t{kChannels} * image.width;
  return {.pixels = image.pixels.data() + box.y * row_bytes + std::size_t{kChannels} * box.x,
          .row_bytes = row_bytes,
          .width = box.width,
          .height = box.height};
}

}  // namespace

Image resize_box(const Image& image, const Box& box, int width, int height) {
  require(width > 0 && height > 0, "resize: to ", width, "x", height,
          " pixels, expected at least 1x1");
  return resample(rows_of(image, box),
                  {.full_width = width, .full_height = height, .width = width, .height = height});
}

Image resize(const Image& image, int width, int height) {
  return resize_box(image, {.width = image.width, .height = image.height}, width, height);
}

Image resize_window(const Image& image, const ResizeWindow& window) {
  require(window.width > 0 && window.height > 0 && window.x >= 0 && window.y >= 0 &&
              window.width <= window.full_width - window.x &&
              window.height <= window.full_height - window.y,
          "resize: the part ", window.width, "x", window.height, " at ", window.x, ",", window.y,
          " is not inside ", window.full_width, "x", window.full_height, " pixels");
  return resample(rows_of(image, {.width = image.width, .height = image.height}), window);
}

}  // namespace qprompt
