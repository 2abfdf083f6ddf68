#include "qprompt/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <span>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kFractionBits = 22;  // 32 less 8 of the pixel less 2 for weights beyond one

// The cubic convolution kernel with a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double sinc(double x) {
  x *= std::numbers::pi;
  return x == 0 ? 1 : std::sin(x) / x;
}

double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

struct Kernel {
  double (*value)(double);
  double support;  // half of the width where it is not zero
};

Kernel kernel_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kBilinear:
      return {bilinear, 1};
    case Interpolation::kLanczos:
      return {lanczos, 3};
    default:
      return {bicubic, 2};
  }
}

// Along one axis: output i is the weighted sum of inputs first[i] .. first[i] + count[i] - 1.
struct Filter {
  std::vector<int> first, count;
  std::size_t stride = 0;  // weights of one output
  std::vector<std::int32_t> weights;

  std::span<const std::int32_t> weights_of(std::size_t i) const {
    return std::span(weights).subspan(i * stride, static_cast<std::size_t>(count[i]));
  }
  // Of all inputs that are read: the first and the last output reach farthest.
  std::size_t length() const { return first.back() + count.back() - first.front(); }
};

std::int32_t fixed_point(double weight) {
  return static_cast<std::int32_t>(
      std::trunc(weight * (1 << kFractionBits) + std::copysign(0.5, weight)));
}

void add_output(Filter& filter, const Kernel& kernel, std::size_t in, double center,
                double stretch) {
  const double support = kernel.support * stretch;
  const int first = static_cast<int>(std::max(0.0, std::trunc(center - support + 0.5)));
  const int end =
      static_cast<int>(std::min(static_cast<double>(in), std::trunc(center + support + 0.5)));
  std::vector<double> weights(filter.stride);
  double sum = 0;
  for (int i = first; i < end; ++i) {
    sum += weights[i - first] = kernel.value((i - center + 0.5) * (1.0 / stretch));
  }
  filter.first.push_back(first);
  filter.count.push_back(end - first);
  for (const double weight : weights) {
    filter.weights.push_back(fixed_point(sum != 0 ? weight / sum : weight));
  }
}

// Outputs first .. first + count - 1 of the axis `in` resized to `out`.
Filter make_filter(const Kernel& kernel, std::size_t in, std::int64_t out, std::int64_t first,
                   int count) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = std::max(scale, 1.0);  // antialiasing: the kernel covers what it replaces
  Filter filter;
  filter.stride = static_cast<std::size_t>(std::ceil(kernel.support * stretch)) * 2 + 1;
  for (std::int64_t i = first; i < first + count; ++i) {
    add_output(filter, kernel, in, (static_cast<double>(i) + 0.5) * scale, stretch);
  }
  return filter;
}

// Rows of bytes, each padded to whole blocks, so that the inner loops have a constant length.
constexpr std::size_t kBlock = 64;

struct Plane {
  std::size_t rows = 0;
  std::size_t stride = 0;
  std::vector<std::uint8_t> bytes;

  Plane(std::size_t row_count, std::size_t row_bytes)
      : rows(row_count), stride((row_bytes + kBlock - 1) / kBlock * kBlock), bytes(rows * stride) {}
};

// A picture inside somebody else's pixels.
struct PixelView {
  const std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
  std::size_t width = 0;
  std::size_t height = 0;

  const std::uint8_t* at(std::size_t x, std::size_t y) const {
    return pixels + y * stride + kChannels * x;
  }
  PixelView part(std::size_t x, std::size_t y, std::size_t part_width,
                 std::size_t part_height) const {
    return {.pixels = at(x, y), .stride = stride, .width = part_width, .height = part_height};
  }
};

Plane copied(const PixelView& in) {
  Plane out(in.height, kChannels * in.width);
  for (std::size_t y = 0; y < in.height; ++y) {
    std::copy_n(in.at(0, y), kChannels * in.width, &out.bytes[y * out.stride]);
  }
  return out;
}

// Rows become columns.
void transpose(const PixelView& in, std::uint8_t* out, std::size_t out_stride) {
  for (std::size_t x = 0; x < in.width; ++x) {
    for (std::size_t y = 0; y < in.height; ++y) {
      std::memcpy(out + x * out_stride + kChannels * y, in.at(x, y), kChannels);
    }
  }
}

// One output row: the weighted sum of rows `stride` bytes apart, rounded to 8 bit.
// Passed by value: bytes written through `out` could alias the fields of a reference.
struct RowSum {
  const std::uint8_t* rows = nullptr;
  std::size_t stride = 0;
  std::span<const std::int32_t> weights{};
  std::uint8_t* out = nullptr;
};

[[gnu::always_inline]] inline void compute_row(RowSum sum) {
  for (std::size_t begin = 0; begin < sum.stride; begin += kBlock) {
    std::int32_t sums[kBlock];
    for (std::int32_t& value : sums) value = 1 << (kFractionBits - 1);  // a half
    const std::uint8_t* row = sum.rows + begin;
    for (const std::int32_t weight : sum.weights) {
      for (std::size_t i = 0; i < kBlock; ++i) sums[i] += weight * row[i];
      row += sum.stride;
    }
    for (std::size_t i = 0; i < kBlock; ++i) {
      sum.out[begin + i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> kFractionBits, 0, 255));
    }
  }
}

#ifdef __x86_64__
// The same code once more for processors with AVX2.
[[gnu::target("avx2")]] void compute_row_avx2(RowSum sum) { compute_row(sum); }

void compute_row_here(RowSum sum) {
  if (__builtin_cpu_supports("avx2")) return compute_row_avx2(sum);
  compute_row(sum);
}
#else
void compute_row_here(RowSum sum) { compute_row(sum); }
#endif

// `in` begins with the first row that the filter reads.
Plane filtered_rows(const Plane& in, const Filter& filter) {
  Plane out(filter.first.size(), in.stride);
  for (std::size_t i = 0; i < out.rows; ++i) {
    const std::size_t first = filter.first[i] - filter.first.front();
    compute_row_here({.rows = &in.bytes[first * in.stride],
                      .stride = in.stride,
                      .weights = filter.weights_of(i),
                      .out = &out.bytes[i * out.stride]});
  }
  return out;
}

PixelView view_of(const Plane& plane, std::size_t width) {
  return {
      .pixels = plane.bytes.data(), .stride = plane.stride, .width = width, .height = plane.rows};
}

// The columns of a picture are the rows of its transpose. As many rows at once as one block holds:
// they stay in the cache.
Plane filtered_columns(const PixelView& in, const Filter& filter) {
  constexpr std::size_t kStrip = kBlock / kChannels;
  Plane out(in.height, kChannels * filter.first.size());
  Plane columns(in.width, kBlock);
  for (std::size_t top = 0; top < in.height; top += kStrip) {
    const std::size_t height = std::min(kStrip, in.height - top);
    transpose(in.part(0, top, in.width, height), columns.bytes.data(), columns.stride);
    const Plane filtered = filtered_rows(columns, filter);
    transpose(view_of(filtered, height), &out.bytes[top * out.stride], out.stride);
  }
  return out;
}

// The window's columns of all rows of `in`. Where the size stays they are only cut out.
Plane resized_columns(const PixelView& in, const ResizeWindow& window, const Kernel& kernel) {
  if (in.width == static_cast<std::size_t>(window.full_width)) {
    return copied(in.part(window.x, 0, window.width, in.height));
  }
  const Filter filter = make_filter(kernel, in.width, window.full_width, window.x, window.width);
  return filtered_columns(in.part(filter.first.front(), 0, filter.length(), in.height), filter);
}

Plane resized(const PixelView& in, const ResizeWindow& window, const Kernel& kernel) {
  if (in.height == static_cast<std::size_t>(window.full_height)) {
    return resized_columns(in.part(0, window.y, in.width, window.height), window, kernel);
  }
  const Filter filter = make_filter(kernel, in.height, window.full_height, window.y, window.height);
  const PixelView needed = in.part(0, filter.first.front(), in.width, filter.length());
  return filtered_rows(resized_columns(needed, window, kernel), filter);
}

Image resample(const PixelView& in, const ResizeWindow& window, Interpolation interpolation) {
  const Plane plane = resized(in, window, kernel_of(interpolation));
  Image out{.width = window.width, .height = window.height};
  const std::size_t row_bytes = kChannels * window.width;
  out.pixels.reserve(row_bytes * plane.rows);
  for (std::size_t y = 0; y < plane.rows; ++y) {
    const auto row = plane.bytes.begin() + static_cast<std::ptrdiff_t>(y * plane.stride);
    out.pixels.insert(out.pixels.end(), row, row + static_cast<std::ptrdiff_t>(row_bytes));
  }
  return out;
}

PixelView view_of(const Image& image, const Box& box) {
  require(box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 &&
              box.width <= image.width - box.x && box.height <= image.height - box.y,
          "resize: the box ", box.width, "x", box.height, " at ", box.x, ",", box.y,
          " is not inside an image of ", image.width, "x", image.height, " pixels");
  const PixelView whole{.pixels = image.pixels.data(),
                        .stride = kChannels * image.width,
                        .width = static_cast<std::size_t>(image.width),
                        .height = static_cast<std::size_t>(image.height)};
  return whole.part(box.x, box.y, box.width, box.height);
}

}  // namespace

Image resize_box(const Image& image, const Box& box, int width, int height,
                 Interpolation interpolation) {
  require(width > 0 && height > 0, "resize: to ", width, "x", height,
          " pixels, expected at least 1x1");
  return resample(view_of(image, box),
                  {.full_width = width, .full_height = height, .width = width, .height = height},
                  interpolation);
}

Image resize(const Image& image, int width, int height, Interpolation interpolation) {
  return resize_box(image, {.width = image.width, .height = image.height}, width, height,
                    interpolation);
}

Image resize_window(const Image& image, const ResizeWindow& window, Interpolation interpolation) {
  require(window.width > 0 && window.height > 0 && window.x >= 0 && window.y >= 0 &&
              window.width <= window.full_width - window.x &&
              window.height <= window.full_height - window.y,
          "resize: the part ", window.width, "x", window.height, " at ", window.x, ",", window.y,
          " is not inside ", window.full_width, "x", window.full_height, " pixels");
  return resample(view_of(image, {.width = image.width, .height = image.height}), window,
                  interpolation);
}

}  // namespace qprompt
