#pragma once

#include <string>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/layout.h"
#include "qprompt/checkpoint/resnet_weights.h"

namespace qprompt {

// Every weight of a part of CLIP: canonical name, shape, and the place it goes to. Checking and
// reading are visitors over the same list: visit(name, shape, Matrix& or Vector&).

template <typename Visit>
void visit_layer_norm(const std::string& name, Index width, LayerNormWeights& norm, Visit& visit) {
  visit(name + ".weight", std::vector<Index>{width}, norm.weight);
  visit(name + ".bias", std::vector<Index>{width}, norm.bias);
}

template <typename Visit>
void visit_block(const std::string& prefix, const TransformerShape& tower, BlockWeights& block,
                 Visit& visit) {
  const Index width = tower.width, mlp = tower.mlp_width;
  const auto linear = [&](const std::string& weight, const std::string& bias, Index out, Index in,
                          Matrix& matrix, Vector& offset) {
    visit(prefix + weight, std::vector<Index>{out, in}, matrix);
    visit(prefix + bias, std::vector<Index>{out}, offset);
  };
  visit_layer_norm(prefix + "ln_1", width, block.ln_1, visit);
  linear("attn.in_proj_weight", "attn.in_proj_bias", 3 * width, width, block.qkv, block.qkv_bias);
  linear("attn.out_proj.weight", "attn.out_proj.bias", width, width, block.out, block.out_bias);
  visit_layer_norm(prefix + "ln_2", width, block.ln_2, visit);
  linear("mlp.c_fc.weight", "mlp.c_fc.bias", mlp, width, block.fc, block.fc_bias);
  linear("mlp.c_proj.weight", "mlp.c_proj.bias", width, mlp, block.proj, block.proj_bias);
}

template <typename Visit>
void visit_text_stem(const ClipShape& shape, TextStem& stem, Visit& visit) {
  const Index width = shape.text.width;
  visit("positional_embedding", std::vector<Index>{shape.context_length, width}, stem.positions);
  if (shape.stretched_positions) {
    visit("positional_embedding_res", std::vector<Index>{shape.context_length, width},
          stem.stretched_positions);
  }
  visit_layer_norm("ln_final", width, stem.ln_final, visit);
  visit("text_projection", std::vector<Index>{width, shape.embed}, stem.projection);
}

template <typename Visit>
void visit_image_stem(const ClipShape& shape, ImageStem& stem, Visit& visit) {
  const Index width = shape.image.width, tokens = 1 + shape.grid * shape.grid;
  visit("visual.conv1.weight", std::vector<Index>{width, 3, shape.patch, shape.patch},
        stem.patches);
  if (shape.patch_bias) visit("visual.conv1.bias", std::vector<Index>{width}, stem.patch_bias);
  visit("visual.class_embedding", std::vector<Index>{width}, stem.class_embedding);
  visit("visual.positional_embedding", std::vector<Index>{tokens, width}, stem.positions);
  if (shape.ln_pre) visit_layer_norm("visual.ln_pre", width, stem.ln_pre, visit);
  visit_layer_norm("visual.ln_post", width, stem.ln_post, visit);
  visit("visual.proj", std::vector<Index>{width, shape.embed}, stem.projection);
}

// A convolution [out, in, kernel, kernel] without bias, and the batch norm behind it.
template <typename Visit>
void visit_convolution(const std::string& convolution, const std::string& norm,
                       const ConvolutionSizes& sizes, ConvolutionWeights& weights, Visit& visit) {
  visit(convolution + ".weight",
        std::vector<Index>{sizes.out, sizes.in, sizes.kernel, sizes.kernel}, weights.weight);
  const std::vector<Index> vector{sizes.out};
  visit(norm + ".weight", vector, weights.scale);
  visit(norm + ".bias", vector, weights.shift);
  visit(norm + ".running_mean", vector, weights.mean);
  visit(norm + ".running_var", vector, weights.variance);
}

template <typename Visit>
void visit_resnet_stem(const ResNetShape& shape, ResNetStem& stem, Visit& visit) {
  const Index half = shape.width / 2;
  const auto convolution = [&](const std::string& number, Index in, Index out,
                               ConvolutionWeights& weights) {
    visit_convolution("visual.conv" + number, "visual.bn" + number, {in, out, 3}, weights, visit);
  };
  convolution("1", 3, half, stem.conv_1);
  convolution("2", half, half, stem.conv_2);
  convolution("3", half, shape.width, stem.conv_3);
}

template <typename Visit>
void visit_bottleneck(const ResNetShape& shape, Index stage, Index block,
                      BottleneckWeights& weights, Visit& visit) {
  const std::string prefix = bottleneck_prefix(stage, block);
  const BottleneckSizes sizes(shape, stage, block);
  const auto convolution = [&](const std::string& number, const ConvolutionSizes& of,
                               ConvolutionWeights& target) {
    visit_convolution(prefix + "conv" + number, prefix + "bn" + number, of, target, visit);
  };
  convolution("1", {sizes.in, sizes.inner, 1}, weights.conv_1);
  convolution("2", {sizes.inner, sizes.inner, 3}, weights.conv_2);
  convolution("3", {sizes.inner, sizes.out, 1}, weights.conv_3);
  if (!sizes.shortcut) return;
  visit_convolution(prefix + "downsample.0", prefix + "downsample.1", {sizes.in, sizes.out, 1},
                    weights.shortcut, visit);
}

template <typename Visit>
void visit_attention_pool(const ClipShape& shape, AttentionPoolWeights& pool, Visit& visit) {
  const Index width = shape.resnet->channels(), tokens = 1 + shape.grid * shape.grid;
  const std::string prefix = "visual.attnpool.";
  const auto linear = [&](const std::string& name, Index out, LinearWeights& weights) {
    visit(prefix + name + ".weight", std::vector<Index>{out, width}, weights.weight);
    visit(prefix + name + ".bias", std::vector<Index>{out}, weights.bias);
  };
  visit(prefix + "positional_embedding", std::vector<Index>{tokens, width}, pool.positions);
  linear("q_proj", width, pool.query);
  linear("k_proj", width, pool.key);
  linear("v_proj", width, pool.value);
  linear("c_proj", shape.embed, pool.projection);
}

// The whole image tower, whichever it is, one part at a time: nothing is kept.
template <typename Visit>
void visit_image_tower(const ClipShape& shape, Visit& visit) {
  if (!shape.resnet) {
    ImageStem stem;
    BlockWeights block;
    visit_image_stem(shape, stem, visit);
    for (Index layer = 0; layer < shape.image.layers; ++layer) {
      visit_block(image_block_prefix(layer), shape.image, block, visit);
    }
    return;
  }
  ResNetStem stem;
  BottleneckWeights bottleneck;
  AttentionPoolWeights pool;
  visit_resnet_stem(*shape.resnet, stem, visit);
  for (Index stage = 0; stage < 4; ++stage) {
    for (Index block = 0; block < shape.resnet->blocks[static_cast<std::size_t>(stage)]; ++block) {
      visit_bottleneck(*shape.resnet, stage, block, bottleneck, visit);
    }
  }
  visit_attention_pool(shape, pool, visit);
}

}  // namespace qprompt
