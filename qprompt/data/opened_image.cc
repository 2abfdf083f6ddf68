#include "qprompt/data/opened_image.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

Image without_gaps(const PixelView& view, const std::string& name) {
  Image image = allocate_image(view.width, view.height, name);
  const std::size_t row = std::size_t{3} * static_cast<std::size_t>(view.width);
  for (int y = 0; y < view.height; ++y) {
    std::copy_n(view.data + y * view.stride, row,
                image.pixels.begin() + static_cast<std::ptrdiff_t>(y * row));
  }
  return image;
}

}  // namespace

OpenedImage::OpenedImage(const ImageSource& source) : name_(source.name()) {
  if (const PixelView* view = source.as_pixels()) {
    pixels_ = without_gaps(*view, name_);
  } else if (const auto* bytes = source.as_bytes()) {
    bytes_ = *bytes;
  } else {
    file_.emplace(source.path());
    bytes_ = file_->bytes();
  }
}

Hash128 OpenedImage::hash(std::uint64_t seed) const {
  if (!pixels_) return hash128(bytes_, seed);
  const std::uint64_t size[] = {static_cast<std::uint64_t>(pixels_->width),
                                static_cast<std::uint64_t>(pixels_->height)};
  return hash128(std::as_bytes(std::span(pixels_->pixels)),
                 hash64(std::as_bytes(std::span(size)), seed));
}

Image OpenedImage::decoded() const { return pixels_ ? *pixels_ : decode_image(bytes_, name_); }

Image read_image(const ImageSource& source) { return OpenedImage(source).decoded(); }

}  // namespace qprompt
