#include "qprompt/checkpoint/inferred_shape.h"

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
  const std::vector<Index> shape = weights.shape(name);
  require(axis < shape.size(), weights.origin().string(), ": tensor '", name, "' is ",
          shape_text(shape), ", expected more dimensions");
  return shape[axis];
}

constexpr Index kHeadWidth = 64;

Index heads_of(const Weights& weights, Index width, Index told) {
  if (told > 0) return told;
  require(width > 0 && width % kHeadWidth == 0, weights.origin().string(), ": a tower of width ",
          width, ", expected a multiple of the head width ", kHeadWidth,
          "; --heads TEXT,IMAGE says how many");
  return width / kHeadWidth;
}

TransformerShape infer_tower(const Weights& weights, Index width, std::string (*prefix)(long),
                             Index heads) {
  return {.width = width,
          .layers = count_blocks(weights, prefix),
          .heads = heads_of(weights, width, heads),
          .mlp_width = dimension(weights, prefix(0) + "mlp.c_fc.weight", 0)};
}

// The side of a square of positions, after the one of the class token or the mean.
Index side_of(Index positions) {
  return std::lround(std::sqrt(static_cast<double>(std::max<Index>(positions - 1, 0))));
}

// All but the image tower's.
ClipShape infer_text(const Weights& weights, Index heads) {
  ClipShape shape;
  shape.text =
      infer_tower(weights, dimension(weights, "ln_final.weight", 0), text_block_prefix, heads);
  shape.embed = dimension(weights, "text_projection", 1);
  shape.context_length = dimension(weights, "positional_embedding", 0);
  shape.vocabulary = dimension(weights, "token_embedding.weight", 0);
  shape.stretched_positions = weights.contains("positional_embedding_res");
  return shape;
}

void infer_transformer(const Weights& weights, Index heads, ClipShape& shape) {
  shape.image =
      infer_tower(weights, dimension(weights, "visual.conv1.weight", 0), image_block_prefix, heads);
  shape.patch = dimension(weights, "visual.conv1.weight", 3);
  shape.grid = side_of(dimension(weights, "visual.positional_embedding", 0));
}

void infer_resnet(const Weights& weights, Index heads, ClipShape& shape) {
  ResNetShape resnet;
  resnet.width = dimension(weights, bottleneck_prefix(0, 0) + "conv1.weight", 0);
  for (std::size_t stage = 0; stage < resnet.blocks.size(); ++stage) {
    Index& blocks = resnet.blocks[stage];
    while (weights.contains(bottleneck_prefix(static_cast<long>(stage), blocks) + "conv1.weight")) {
      ++blocks;
    }
  }
  constexpr Index kWidest = 1 << 12;
  require(resnet.width > 0 && resnet.width <= kWidest, weights.origin().string(),
          ": a ResNet image tower of width ", resnet.width, ", expected up to ", kWidest);
  resnet.heads = heads_of(weights, resnet.channels(), heads);
  shape.resnet = resnet;
  shape.patch = ResNetShape::kPixelsPerCell;
  shape.grid = side_of(dimension(weights, "visual.attnpool.positional_embedding", 0));
}

void set_image_size(ClipShape& shape) {
  shape.preprocessing.image_size = static_cast<int>(shape.grid * shape.patch);
}

}  // namespace

ClipShape infer_shape(const Weights& weights, const CheckpointOptions& options) {
  const Heads heads = options.heads.value_or(Heads{});
  ClipShape shape = infer_text(weights, heads.text);
  const bool resnet = weights.contains(bottleneck_prefix(0, 0) + "conv1.weight");
  resnet ? infer_resnet(weights, heads.image, shape)
         : infer_transformer(weights, heads.image, shape);
  if (options.activation) shape.text.activation = shape.image.activation = *options.activation;
  set_image_size(shape);
  return shape;
}

ClipShape infer_slip_shape(const Weights& weights) {
  constexpr Index kSmallWidth = 384, kSmallHeads = 12;
  ClipShape shape = infer_text(weights, 0);
  infer_transformer(weights, 0, shape);
  if (shape.image.width == kSmallWidth) shape.image.heads = kSmallHeads;
  shape.image.activation = Activation::kGelu;
  shape.image.layer_norm_eps = 1e-6f;
  shape.ln_pre = false;
  shape.patch_bias = true;
  shape.preprocessing.mean = {0.485f, 0.456f, 0.406f};
  shape.preprocessing.std = {0.229f, 0.224f, 0.225f};
  set_image_size(shape);
  return shape;
}

}  // namespace qprompt
