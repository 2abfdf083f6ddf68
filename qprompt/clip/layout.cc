#include "qprompt/clip/layout.h"

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
};

constexpr BlockName kBlockNames[] = {{"ln_1.weight", "layer_norm1.weight"},
                                     {"ln_1.bias", "layer_norm1.bias"},
                                     {"attn.in_proj_weight", "self_attn.*_proj.weight"},
                                     {"attn.in_proj_bias", "self_attn.*_proj.bias"},
                                     {"attn.out_proj.weight", "self_attn.out_proj.weight"},
                                     {"attn.out_proj.bias", "self_attn.out_proj.bias"},
                                     {"ln_2.weight", "layer_norm2.weight"},
                                     {"ln_2.bias", "layer_norm2.bias"},
                                     {"mlp.c_fc.weight", "mlp.fc1.weight"},
                                     {"mlp.c_fc.bias", "mlp.fc1.bias"},
                                     {"mlp.c_proj.weight", "mlp.fc2.weight"},
                                     {"mlp.c_proj.bias", "mlp.fc2.bias"}};

constexpr std::string_view kTextBlocks = "transformer.resblocks.";
constexpr std::string_view kImageBlocks = "visual.transformer.resblocks.";

WeightLocation locate_in_block(std::string_view tower, std::string_view layer_and_name) {
  const std::size_t dot = layer_and_name.find('.');
  const std::string prefix =
      std::string(tower) + ".encoder.layers." + std::string(layer_and_name.substr(0, dot)) + ".";
  const std::string_view name = layer_and_name.substr(dot + 1);
  const auto row = std::find_if(std::begin(kBlockNames), std::end(kBlockNames),
                                [&](const BlockName& entry) { return entry.canonical == name; });
  require(row != std::end(kBlockNames), "layout: no weight '", name, "' in a block");
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

}  // namespace

WeightLocation locate_weight(Naming naming, std::string_view canonical) {
  if (naming == Naming::kOpenAi) return {{std::string(canonical)}};
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

std::string image_block_prefix(long layer) {
  return std::string(kImageBlocks) + std::to_string(layer) + ".";
}

std::string text_block_prefix(long layer) {
  return std::string(kTextBlocks) + std::to_string(layer) + ".";
}

}  // namespace qprompt
