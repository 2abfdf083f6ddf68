#include <libheif/heif.h>

#include <algorithm>
#include <memory>
#include <new>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
void release(const heif_image_handle* handle) { heif_image_handle_release(handle); }
void release(const heif_image* image) { heif_image_release(image); }

struct Release {
  void operator()(const auto* object) const { release(object); }
};

using Context = std::unique_ptr<heif_context, Free<heif_context, heif_context_free>>;
using Handle = std::unique_ptr<const heif_image_handle, Release>;
using Picture = std::unique_ptr<const heif_image, Release>;
using Options =
    std::unique_ptr<heif_decoding_options, Free<heif_decoding_options, heif_decoding_options_free>>;

void check_heif(const heif_error& error, const ImageFile& file) {
  if (error.code == heif_error_Memory_allocation_error &&
      error.subcode != heif_suberror_Security_limit_exceeded) {
    throw std::bad_alloc();
  }
  require(error.code == heif_error_Ok, file.name, ": damaged AVIF or HEIC: ", error.message);
}

template <typename T>
T* made(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

Handle primary_image(heif_context* context, const ImageFile& file) {
  check_heif(heif_context_read_from_memory_without_copy(context, file.bytes.data(),
                                                        file.bytes.size(), nullptr),
             file);
  heif_image_handle* handle = nullptr;
  check_heif(heif_context_get_primary_image_handle(context, &handle), file);
  return Handle(handle);
}

Picture decoded_picture(const heif_image_handle* handle, const ImageFile& file) {
  const Options options(made(heif_decoding_options_alloc()));
  options->convert_hdr_to_8bit = 1;
  heif_image* picture = nullptr;
  check_heif(heif_decode_image(handle, &picture, heif_colorspace_RGB, heif_chroma_interleaved_RGB,
                               options.get()),
             file);
  return Picture(picture);
}

}  // namespace

Image decode_heif(const ImageFile& file) {
  const Context context(made(heif_context_alloc()));
  const Handle handle = primary_image(context.get(), file);
  Image image = allocate_image(file, heif_image_handle_get_width(handle.get()),
                               heif_image_handle_get_height(handle.get()), kPixelsOfAByte);
  file.check_stop();
  const Picture picture = decoded_picture(handle.get(), file);
  const int width = heif_image_get_width(picture.get(), heif_channel_interleaved);
  const int height = heif_image_get_height(picture.get(), heif_channel_interleaved);
  require(width == image.width && height == image.height, file.name,
          ": damaged AVIF or HEIC: ", width, "x", height, " pixels, ", image.width, "x",
          image.height, " announced");
  int stride = 0;
  const std::uint8_t* rows =
      heif_image_get_plane_readonly(picture.get(), heif_channel_interleaved, &stride);
  require(rows != nullptr, file.name, ": damaged AVIF or HEIC: no pixels");
  for (int y = 0; y < height; ++y) {
    std::copy_n(rows + std::ptrdiff_t{y} * stride, 3 * width,
                image.pixels.begin() + std::ptrdiff_t{3} * y * width);
  }
  return image;
}

}  // namespace qprompt
