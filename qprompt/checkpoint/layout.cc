#include "qprompt/checkpoint/layout.h"

#include <algorithm>
#include <iterator>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

struct StemName {
  std::string_view canonical, hugging_face;
  bool transposed = false;
};

// Linear layers without bias are [out, in] there and [in, out] in OpenAI's files.
constexpr StemName kStemNames[] = {
    {"logit_scale", "logit_scale"},
    {"token_embedding.weight", "text_model.embeddings.token_embedding.weight"},
    {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
    {"ln_final.weight", "text_model.final_layer_norm.weight"},
    {"ln_final.bias", "text_model.final_layer_norm.bias"},
    {"text_projection", "text_projection.weight", true},
    {"visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"},
    {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
    {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
    {"visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"},  // spelled so
    {"visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"},
    {"visual.ln_post.weight", "vision_model.post_layernorm.weight"},
    {"visual.ln_post.bias", "vision_model.post_layernorm.bias"},
    {"visual.proj", "visual_projection.weight", true}};

struct BlockName {
  std::string_view canonical, hugging_face;  // '*' stands for q, k and v
  std::string_view timm;                     // how SLIP's image tower names it
};

constexpr BlockName kBlockNames[] = {
    {"ln_1.weight", "layer_norm1.weight", "norm1.weight"},
    {"ln_1.bias", "layer_norm1.bias", "norm1.bias"},
    {"attn.in_proj_weight", "self_attn.*_proj.weight", "attn.qkv.weight"},
    {"attn.in_proj_bias", "self_attn.*_proj.bias", "attn.qkv.bias"},
    {"attn.out_proj.weight", "self_attn.out_proj.weight", "attn.proj.weight"},
    {"attn.out_proj.bias", "self_attn.out_proj.bias", "attn.proj.bias"},
    {"ln_2.weight", "layer_norm2.weight", "norm2.weight"},
    {"ln_2.bias", "layer_norm2.bias", "norm2.bias"},
    {"mlp.c_fc.weight", "mlp.fc1.weight", "mlp.fc1.weight"},
    {"mlp.c_fc.bias", "mlp.fc1.bias", "mlp.fc1.bias"},
    {"mlp.c_proj.weight", "mlp.fc2.weight", "mlp.fc2.weight"},
    {"mlp.c_proj.bias", "mlp.fc2.bias", "mlp.fc2.bias"}};

struct SlipName {
  std::string_view canonical, slip;
  std::size_t leading_ones = 0;
};

// Everything else outside the image tower's blocks is named as OpenAI does.
constexpr SlipName kSlipNames[] = {{"visual.conv1.weight", "visual.patch_embed.proj.weight"},
                                   {"visual.conv1.bias", "visual.patch_embed.proj.bias"},
                                   {"visual.class_embedding", "visual.cls_token", 2},
                                   {"visual.positional_embedding", "visual.pos_embed", 1},
                                   {"visual.ln_post.weight", "visual.norm.weight"},
                                   {"visual.ln_post.bias", "visual.norm.bias"},
                                   {"visual.proj", "image_projection"}};

constexpr std::string_view kTextBlocks = "transformer.resblocks.";
constexpr std::string_view kImageBlocks = "visual.transformer.resblocks.";

const BlockName& block_name(std::string_view canonical) {
  const auto row =
      std::find_if(std::begin(kBlockNames), std::end(kBlockNames),
                   [&](const BlockName& entry) { return entry.canonical == canonical; });
  require(row != std::end(kBlockNames), "layout: no weight '", canonical, "' in a block");
  return *row;
}

// "3.ln_1.weight": the layer's number with its dot, and the name.
struct BlockWeight {
  explicit BlockWeight(std::string_view text)
      : layer(text.substr(0, text.find('.') + 1)), name(block_name(text.substr(layer.size()))) {}
  std::string layer;
  const BlockName& name;
};

WeightLocation locate_in_block(std::string_view tower, std::string_view layer_and_name) {
  const BlockWeight weight(layer_and_name);
  const BlockName* const row = &weight.name;
  const std::string prefix = std::string(tower) + ".encoder.layers." + weight.layer;
  const std::size_t star = row->hugging_face.find('*');
  if (star == std::string_view::npos) return {{prefix + std::string(row->hugging_face)}};
  WeightLocation location;
  for (const char part : {'q', 'k', 'v'}) {
    std::string stored(row->hugging_face);
    stored[star] = part;
    location.names.push_back(prefix + stored);
  }
  return location;
}

WeightLocation locate_in_slip(std::string_view canonical) {
  if (canonical.starts_with(kImageBlocks)) {
    const BlockWeight weight(canonical.substr(kImageBlocks.size()));
    return {{"visual.blocks." + weight.layer + std::string(weight.name.timm)}};
  }
  for (const SlipName& entry : kSlipNames) {
    if (entry.canonical == canonical) {
      return {{std::string(entry.slip)}, false, entry.leading_ones};
    }
  }
  return {{std::string(canonical)}};
}

}  // namespace

WeightLocation locate_weight(Naming naming, std::string_view canonical) {
  if (naming == Naming::kOpenAi) return {{std::string(canonical)}};
  if (naming == Naming::kSlip) return locate_in_slip(canonical);
  if (canonical.starts_with(kTextBlocks)) {
    return locate_in_block("text_model", canonical.substr(kTextBlocks.size()));
  }
  if (canonical.starts_with(kImageBlocks)) {
    return locate_in_block("vision_model", canonical.substr(kImageBlocks.size()));
  }
  const auto row =
      std::find_if(std::begin(kStemNames), std::end(kStemNames),
                   [&](const StemName& entry) { return entry.canonical == canonical; });
  require(row != std::end(kStemNames), "layout: no weight '", canonical, "'");
  return {{std::string(row->hugging_face)}, row->transposed};
}

std::string bottleneck_prefix(long stage, long block) {
  return "visual.layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
}

std::string image_block_prefix(long layer) {
  return std::string(kImageBlocks) + std::to_string(layer) + ".";
}

std::string text_block_prefix(long layer) {
  return std::string(kTextBlocks) + std::to_string(layer) + ".";
}

}  // namespace qprompt
