#include <webp/decode.h>

#include <algorithm>
#include <memory>
#include <new>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

struct CloseDecoder {
  void operator()(WebPIDecoder* decoder) const { WebPIDelete(decoder); }
};

// The decoder gets to see a little more of the file each time, so that `stop` is asked meanwhile.
VP8StatusCode decode_in_steps(const ImageFile& file, WebPIDecoder* decoder) {
  constexpr std::size_t kStep = std::size_t{1} << 16;
  const auto* data = reinterpret_cast<const std::uint8_t*>(file.bytes.data());
  VP8StatusCode status = VP8_STATUS_SUSPENDED;
  for (std::size_t size = 0; status == VP8_STATUS_SUSPENDED && size < file.bytes.size();) {
    file.check_stop();
    size = std::min(size + kStep, file.bytes.size());
    status = WebPIUpdate(decoder, data, size);
  }
  return status;
}

}  // namespace

Image decode_webp(const ImageFile& file) {
  WebPBitstreamFeatures features;
  require(WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(file.bytes.data()),
                          file.bytes.size(), &features) == VP8_STATUS_OK,
          file.name, ": damaged WebP: no readable header");
  require(features.has_animation == 0, file.name, ": an animated WebP, expected a still image");
  Image image = allocate_image(file, features.width, features.height, kPixelsOfAByte);
  const std::unique_ptr<WebPIDecoder, CloseDecoder> decoder(
      WebPINewRGB(MODE_RGB, image.pixels.data(), image.pixels.size(), 3 * image.width));
  if (decoder == nullptr) throw std::bad_alloc();
  const VP8StatusCode status = decode_in_steps(file, decoder.get());
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  require(status == VP8_STATUS_OK, file.name, ": damaged or truncated WebP");
  return image;
}

}  // namespace qprompt
