#include "qprompt/data/opened_image.h"

#include <algorithm>
#include <new>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/image_codecs.h"
#include "qprompt/data/image_exif.h"

namespace qprompt {
namespace {

Image without_gaps(const PixelView& view, const std::string& name) {
  const DecodeOptions any_size;
  Image image = allocate_image(ImageFile{{}, name, any_size}, view.width, view.height);
  const std::size_t row = std::size_t{3} * static_cast<std::size_t>(view.width);
  for (int y = 0; y < view.height; ++y) {
    std::copy_n(view.data + y * view.stride, row,
                image.pixels.begin() + static_cast<std::ptrdiff_t>(y * row));
  }
  return image;
}

// A lack of memory says nothing of the picture, but which one it was helps.
template <typename Work>
auto with_name(const std::string& name, const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(name + ": out of memory while it was read");
  }
}

}  // namespace

OpenedImage::OpenedImage(const ImageSource& source) : name_(source.name()) {
  with_name(name_, [&] {
    if (const PixelView* view = source.as_pixels()) {
      pixels_ = without_gaps(*view, name_);
      return;
    }
    if (const auto* bytes = source.as_bytes()) {
      bytes_ = *bytes;
    } else {
      content_ = read_bytes(source.path());
      bytes_ = content_;
    }
    if (source.orientation() == Orientation::kUpright) orientation_ = exif_orientation(bytes_);
  });
}

Hash128 OpenedImage::hash(std::uint64_t seed) const {
  if (pixels_) {
    const std::uint64_t size[] = {static_cast<std::uint64_t>(pixels_->width),
                                  static_cast<std::uint64_t>(pixels_->height)};
    return hash128(std::as_bytes(std::span(pixels_->pixels)),
                   hash64(std::as_bytes(std::span(size)), seed));
  }
  if (orientation_ == 1) return hash128(bytes_, seed);
  return hash128(bytes_, hash64(std::as_bytes(std::span(&orientation_, 1)), seed));
}

Image OpenedImage::decoded(const DecodeOptions& options) const {
  if (pixels_) return *pixels_;
  return with_name(name_, [&] {
    Image image = decode_image(bytes_, name_, options);
    return orientation_ == 1 ? image : upright(image, orientation_);
  });
}

Image read_image(const ImageSource& source) { return OpenedImage(source).decoded(); }

}  // namespace qprompt
