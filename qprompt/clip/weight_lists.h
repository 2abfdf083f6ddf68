#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/checkpoint.h"

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
  visit_layer_norm("ln_final", width, stem.ln_final, visit);
  visit("text_projection", std::vector<Index>{width, shape.embed}, stem.projection);
}

template <typename Visit>
void visit_image_stem(const ClipShape& shape, ImageStem& stem, Visit& visit) {
  const Index width = shape.image.width, tokens = 1 + shape.grid * shape.grid;
  visit("visual.conv1.weight", std::vector<Index>{width, 3, shape.patch, shape.patch},
        stem.patches);
  visit("visual.class_embedding", std::vector<Index>{width}, stem.class_embedding);
  visit("visual.positional_embedding", std::vector<Index>{tokens, width}, stem.positions);
  visit_layer_norm("visual.ln_pre", width, stem.ln_pre, visit);
  visit_layer_norm("visual.ln_post", width, stem.ln_post, visit);
  visit("visual.proj", std::vector<Index>{width, shape.embed}, stem.projection);
}

}  // namespace qprompt
