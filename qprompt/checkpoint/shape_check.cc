#include "qprompt/checkpoint/shape_check.h"

#include <string>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

void check_tower(const TransformerShape& tower, const std::string& name,
                 const std::string& origin) {
  require(tower.layers > 0 && tower.width > 0 && tower.mlp_width > 0, origin, ": ", name,
          " tower of ", tower.layers, " layers, width ", tower.width, ", MLP ", tower.mlp_width);
  require(tower.heads > 0 && tower.width % tower.heads == 0, origin, ": ", name, " tower of width ",
          tower.width, " with ", tower.heads, " heads, expected a divisor");
  require(tower.layer_norm_eps > 0 && tower.layer_norm_eps < 1, origin, ": ", name,
          " tower with layer norm epsilon ", tower.layer_norm_eps);
}

void check_resnet(const ResNetShape& resnet, const std::string& origin) {
  for (const Index blocks : resnet.blocks) {
    require(blocks > 0, origin, ": a ResNet image tower with a stage of ", blocks, " blocks");
  }
  constexpr Index kWidest = 1 << 12;
  require(resnet.width > 0 && resnet.width % 2 == 0 && resnet.width <= kWidest, origin,
          ": a ResNet image tower of width ", resnet.width, ", expected an even number up to ",
          kWidest);
  require(resnet.heads > 0 && resnet.channels() % resnet.heads == 0, origin,
          ": a ResNet image tower of ", resnet.channels(), " channels with ", resnet.heads,
          " heads, expected a divisor");
}

}  // namespace

void check_shape(const ClipShape& shape, const fs::path& origin) {
  check_tower(shape.text, "text", origin.string());
  if (shape.resnet) {
    check_resnet(*shape.resnet, origin.string());
  } else {
    check_tower(shape.image, "image", origin.string());
  }
  const Index image_size = shape.preprocessing.image_size;
  require(shape.grid > 0 && shape.grid * shape.patch == image_size && image_size <= 1 << 14,
          origin.string(), ": images of ", image_size, " pixels in patches of ", shape.patch,
          ", expected a multiple of at most ", 1 << 14);
  require(shape.preprocessing.resize_size <= 1 << 14, origin.string(), ": images resized to ",
          shape.preprocessing.resize_size, " pixels, expected at most ", 1 << 14);
  require(!shape.stretched_positions || shape.context_length > 20, origin.string(),
          ": stretched positions for texts of ", shape.context_length,
          " tokens, expected above 20");
  for (const float deviation : shape.preprocessing.std) {
    require(deviation > 0, origin.string(), ": image standard deviation ", deviation,
            ", expected above 0");
  }
}

}  // namespace qprompt
