#include "tests/reference/random_clip.h"

#include <cmath>

namespace qprompt::reference {
namespace {

Vector random_vector(Random& random, Index n, double around, double spread) {
  const Vector noise = random.normal_matrix(1, n, spread).transpose();
  return noise.array() + static_cast<float>(around);
}

LayerNormWeights random_layer_norm(Random& random, Index width) {
  return {.weight = random_vector(random, width, 1, 0.2),
          .bias = random_vector(random, width, 0, 0.2)};
}

qprompt::Matrix random_weight(Random& random, Index out, Index in) {
  return random.normal_matrix(out, in, 1 / std::sqrt(static_cast<double>(in)));
}

BlockWeights random_block(Random& random, const TransformerShape& shape) {
  const Index width = shape.width;
  return {.ln_1 = random_layer_norm(random, width),
          .qkv = random_weight(random, 3 * width, width),
          .qkv_bias = random_vector(random, 3 * width, 0, 0.2),
          .out = random_weight(random, width, width),
          .out_bias = random_vector(random, width, 0, 0.2),
          .ln_2 = random_layer_norm(random, width),
          .fc = random_weight(random, shape.mlp_width, width),
          .fc_bias = random_vector(random, shape.mlp_width, 0, 0.2),
          .proj = random_weight(random, width, shape.mlp_width),
          .proj_bias = random_vector(random, width, 0, 0.2)};
}

std::vector<BlockWeights> random_blocks(Random& random, const TransformerShape& shape) {
  std::vector<BlockWeights> blocks;
  for (Index l = 0; l < shape.layers; ++l) blocks.push_back(random_block(random, shape));
  return blocks;
}

TextStem random_text_stem(Random& random, const ClipShape& shape) {
  const Index width = shape.text.width;
  return {.positions = random.normal_matrix(shape.context_length, width, 0.3),
          .ln_final = random_layer_norm(random, width),
          .projection = random_weight(random, width, shape.embed)};
}

ImageStem random_image_stem(Random& random, const ClipShape& shape) {
  const Index width = shape.image.width;
  return {.patches = random_weight(random, width, 3 * shape.patch * shape.patch),
          .patch_bias = shape.patch_bias ? random_vector(random, width, 0, 0.2) : Vector(),
          .class_embedding = random_vector(random, width, 0, 0.5),
          .positions = random.normal_matrix(1 + shape.grid * shape.grid, width, 0.3),
          .ln_pre = shape.ln_pre ? random_layer_norm(random, width) : LayerNormWeights(),
          .ln_post = random_layer_norm(random, width),
          .projection = random_weight(random, width, shape.embed)};
}

}  // namespace

RandomClip random_clip(const ClipShape& shape, std::uint64_t seed) {
  Random random(seed);
  RandomClip clip{.shape = shape,
                  .text_stem = random_text_stem(random, shape),
                  .image_stem = random_image_stem(random, shape),
                  .text_blocks = {},
                  .image_blocks = {}};
  clip.text_blocks = random_blocks(random, shape.text);
  clip.image_blocks = random_blocks(random, shape.image);
  return clip;
}

ClipShape tiny_shape(Activation activation) {
  ClipShape shape;
  shape.text = {.width = 8, .layers = 3, .heads = 2, .mlp_width = 12, .activation = activation};
  shape.image = {.width = 6, .layers = 3, .heads = 3, .mlp_width = 10, .activation = activation};
  shape.embed = 5;
  shape.context_length = 9;
  shape.vocabulary = 20;
  shape.patch = 2;
  shape.grid = 2;
  shape.preprocessing.image_size = 4;
  return shape;
}

}  // namespace qprompt::reference
