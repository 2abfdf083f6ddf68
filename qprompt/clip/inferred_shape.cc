#include "qprompt/clip/inferred_shape.h"

#include <algorithm>
#include <cmath>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

Index count_blocks(const Weights& weights, std::string (*prefix)(long)) {
  Index layers = 0;
  while (weights.contains(prefix(layers) + "attn.in_proj_weight")) ++layers;
  return layers;
}

Index dimension(const Weights& weights, const std::string& name, std::size_t axis) {
  const std::vector<Index>& shape = weights.shape(name);
  require(axis < shape.size(), weights.origin().string(), ": tensor '", name, "' is ",
          shape_text(shape), ", expected more dimensions");
  return shape[axis];
}

TransformerShape infer_tower(const Weights& weights, Index width, std::string (*prefix)(long)) {
  constexpr Index kHeadWidth = 64;
  require(width > 0 && width % kHeadWidth == 0, weights.origin().string(), ": a tower of width ",
          width, ", expected a multiple of the head width ", kHeadWidth);
  return {.width = width,
          .layers = count_blocks(weights, prefix),
          .heads = width / kHeadWidth,
          .mlp_width = dimension(weights, prefix(0) + "mlp.c_fc.weight", 0)};
}

}  // namespace

ClipShape infer_shape(const Weights& weights) {
  const std::string origin = weights.origin().string();
  require(
      weights.contains("visual.proj") || !weights.contains("visual.attnpool.positional_embedding"),
      origin, ": a CLIP with a ResNet image tower, which is not supported yet; expected a ViT");
  ClipShape shape;
  const Index positions = dimension(weights, "visual.positional_embedding", 0);
  shape.text = infer_tower(weights, dimension(weights, "ln_final.weight", 0), text_block_prefix);
  shape.image =
      infer_tower(weights, dimension(weights, "visual.conv1.weight", 0), image_block_prefix);
  shape.embed = dimension(weights, "text_projection", 1);
  shape.context_length = dimension(weights, "positional_embedding", 0);
  shape.vocabulary = dimension(weights, "token_embedding.weight", 0);
  shape.patch = dimension(weights, "visual.conv1.weight", 3);
  shape.grid = std::lround(std::sqrt(static_cast<double>(std::max<Index>(positions - 1, 0))));
  shape.preprocessing.image_size = static_cast<int>(shape.grid * shape.patch);
  return shape;
}

}  // namespace qprompt
