#include "qprompt/data/image_source.h"

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"

namespace qprompt {

ImageSource::ImageSource(Place place, std::string name, std::shared_ptr<const void> owner)
    : place_(std::move(place)), name_(std::move(name)), owner_(std::move(owner)) {}

ImageSource::ImageSource(std::filesystem::path path) : place_(std::move(path)) {}
ImageSource::ImageSource(const char* path) : place_(std::filesystem::path(path)) {}

ImageSource ImageSource::encoded(std::span<const std::byte> bytes, std::string name,
                                 std::shared_ptr<const void> owner) {
  return {bytes, std::move(name), std::move(owner)};
}

ImageSource ImageSource::pixels(const PixelView& pixels, std::string name,
                                std::shared_ptr<const void> owner) {
  return at_border([&]() -> ImageSource {
    PixelView view = pixels;
    require(view.data != nullptr && view.width > 0 && view.height > 0, name, ": ", view.width, "x",
            view.height, " pixels, expected at least 1x1");
    const std::ptrdiff_t row = std::ptrdiff_t{3} * view.width;
    if (view.stride == 0) view.stride = row;
    require(view.stride >= row, name, ": a row stride of ", view.stride, " bytes, expected ", row,
            " or more");
    return {view, std::move(name), std::move(owner)};
  });
}

const std::filesystem::path& ImageSource::path() const {
  static const std::filesystem::path kNone;
  const auto* path = std::get_if<std::filesystem::path>(&place_);
  return path != nullptr ? *path : kNone;
}

std::string ImageSource::name() const {
  const auto* path = std::get_if<std::filesystem::path>(&place_);
  return path != nullptr ? path->string() : name_;
}

ImageSource ImageSource::with(Orientation orientation) const {
  ImageSource source = *this;
  source.orientation_ = orientation;
  return source;
}

const std::span<const std::byte>* ImageSource::as_bytes() const {
  return std::get_if<std::span<const std::byte>>(&place_);
}
const PixelView* ImageSource::as_pixels() const { return std::get_if<PixelView>(&place_); }

bool ImageSource::operator==(const ImageSource& other) const {
  if (place_.index() != other.place_.index() || orientation_ != other.orientation_) return false;
  if (const auto* bytes = as_bytes()) {
    return bytes->data() == other.as_bytes()->data() && bytes->size() == other.as_bytes()->size();
  }
  if (const auto* pixels = as_pixels()) return *pixels == *other.as_pixels();
  return path() == other.path();
}

}  // namespace qprompt
