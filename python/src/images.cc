#include "python/src/images.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>

#include <memory>
#include <string>

#include "qprompt/core/error.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

using Pixels = nb::ndarray<const std::uint8_t, nb::ndim<3>, nb::device::cpu>;

// Released from whichever thread has it last.
std::shared_ptr<const void> kept_alive(nb::object object) {
  return {object.release().ptr(), [](PyObject* held) {
            const nb::gil_scoped_acquire gil;
            Py_DECREF(held);
          }};
}

bool is_path(nb::handle image) {
  return nb::isinstance<nb::str>(image) || nb::hasattr(image, "__fspath__");
}

ImageSource encoded_image(const nb::bytes& bytes, const std::string& name) {
  const std::span<const std::byte> content(static_cast<const std::byte*>(bytes.data()),
                                           bytes.size());
  return ImageSource::encoded(content, name, kept_alive(bytes));
}

// Pixels side by side, whatever lies between rows.
bool has_plain_rows(const Pixels& pixels) {
  return pixels.shape(2) == 3 && pixels.stride(2) == 1 && pixels.stride(1) == 3 &&
         pixels.stride(0) >= static_cast<std::int64_t>(3 * pixels.shape(1));
}

ImageSource pixel_image(Pixels pixels, const std::string& name) {
  require(pixels.shape(2) == 3, name, ": an array [", pixels.shape(0), ", ", pixels.shape(1), ", ",
          pixels.shape(2), "], expected [height, width, 3]");
  require(has_plain_rows(pixels), name,
          ": the values of a row do not lie side by side; numpy.ascontiguousarray copies them so");
  const PixelView view{pixels.data(), static_cast<int>(pixels.shape(1)),
                       static_cast<int>(pixels.shape(0)), pixels.stride(0)};
  return ImageSource::pixels(view, name, std::make_shared<Pixels>(std::move(pixels)));
}

ImageSource image_source(nb::handle image, const std::string& name) {
  if (is_path(image)) return {nb::cast<std::filesystem::path>(image)};
  if (nb::isinstance<nb::bytes>(image)) return encoded_image(nb::borrow<nb::bytes>(image), name);
  Pixels pixels;
  if (nb::try_cast(image, pixels, false)) return pixel_image(std::move(pixels), name);
  fail(name, ": of type ", nb::type_name(image.type()).c_str(),
       ", expected a path, bytes, a PIL image or a uint8 array [height, width, 3]");
}

}  // namespace

std::vector<ImageSource> image_sources(const nb::sequence& images, Orientation orientation) {
  std::vector<ImageSource> sources;
  for (const nb::handle image : images) {
    const std::string name = "image " + std::to_string(sources.size());
    sources.push_back(image_source(image, name).with(orientation));
  }
  return sources;
}

}  // namespace qprompt::python
