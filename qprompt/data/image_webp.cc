#include <webp/decode.h>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {

Image decode_webp(std::span<const std::byte> bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  require(WebPGetFeatures(data, bytes.size(), &features) == VP8_STATUS_OK, name,
          ": damaged WebP: no readable header");
  require(features.has_animation == 0, name, ": an animated WebP, expected a still image");
  Image image = allocate_image(features.width, features.height, name);
  const auto* decoded = WebPDecodeRGBInto(data, bytes.size(), image.pixels.data(),
                                          image.pixels.size(), 3 * image.width);
  require(decoded != nullptr, name, ": damaged or truncated WebP");
  return image;
}

}  // namespace qprompt
