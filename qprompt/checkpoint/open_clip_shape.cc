#include "qprompt/checkpoint/open_clip_shape.h"

#include <initializer_list>
#include <nlohmann/json.hpp>

#include "qprompt/checkpoint/config_object.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

TransformerShape open_clip_tower(const ConfigObject& config, Index width, Index layers, Index heads,
                                 Activation activation) {
  TransformerShape tower{.width = width, .layers = layers, .heads = heads};
  tower.activation = activation;
  const double mlp_ratio = config.number("mlp_ratio", 4.0);
  require(mlp_ratio > 0 && mlp_ratio <= 64, config.where("mlp_ratio"), " is ", mlp_ratio);
  tower.mlp_width = static_cast<Index>(static_cast<double>(width) * mlp_ratio);
  return tower;
}

// Settings that change what the towers compute, in ways that they do not know.
void refuse_variants(const ConfigObject& config, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    require(!config.flag(key), config.where(key),
            " is set: this variant of open_clip is not supported, only plain ViT and ResNet towers "
            "are");
  }
}

void expect_text(const ConfigObject& config, const char* key, const std::string& expected) {
  const std::string value = config.text(key, expected);
  require(value == expected, config.where(key), " is '", value, "', only '", expected,
          "' is supported");
}

void refuse_open_clip_variants(const ConfigObject& model, const ConfigObject& vision,
                               const ConfigObject& text) {
  refuse_variants(model, {"custom_text", "multimodal_cfg"});
  refuse_variants(vision,
                  {"timm_model_name", "attentional_pool", "global_average_pool", "ls_init_value",
                   "input_patchnorm", "final_ln_after_pool", "norm_kwargs", "act_kwargs"});
  refuse_variants(text, {"hf_model_name", "embed_cls", "ls_init_value", "no_causal_mask",
                         "final_ln_after_pool", "norm_kwargs", "act_kwargs", "proj_bias"});
  expect_text(vision, "pool_type", "tok");
  expect_text(vision, "pos_embed_type", "learnable");
  expect_text(text, "pool_type", "argmax");
}

Index open_clip_heads(const ConfigObject& vision, Index width) {
  const Index head_width = vision.whole("head_width", 64);
  require(width % head_width == 0, vision.where("head_width"), " is ", head_width,
          ", expected a divisor of the width ", width);
  return width / head_width;
}

TransformerShape open_clip_transformer(const ConfigObject& vision, Activation activation) {
  const Index width = vision.whole("width", 768);
  return open_clip_tower(vision, width, vision.whole("layers", 12), open_clip_heads(vision, width),
                         activation);
}

ResNetShape open_clip_resnet(const ConfigObject& vision) {
  ResNetShape resnet{.blocks = vision.four_wholes("layers"), .width = vision.whole("width", 64)};
  resnet.heads = open_clip_heads(vision, resnet.channels());
  return resnet;
}

Preprocessing open_clip_preprocessing(const ConfigObject& config, Index image_size) {
  Preprocessing preprocessing{.image_size = static_cast<int>(image_size)};
  if (!config.has("preprocess_cfg")) return preprocessing;
  const ConfigObject settings = config.object("preprocess_cfg");
  require(!settings.has("size") || settings.pixels("size") == image_size, settings.where("size"),
          " differs from the model's image size ", image_size);
  expect_text(settings, "interpolation", "bicubic");
  expect_text(settings, "resize_mode", "shortest");
  preprocessing.mean = settings.triple("mean", preprocessing.mean);
  preprocessing.std = settings.triple("std", preprocessing.std);
  return preprocessing;
}

}  // namespace

ClipShape open_clip_shape(const fs::path& folder) {
  const fs::path path = folder / "open_clip_config.json";
  const nlohmann::json json = read_json(path);
  const ConfigObject config(json, path);
  const ConfigObject model = config.object("model_cfg");
  const ConfigObject vision = model.object("vision_cfg"), text = model.object("text_cfg");
  refuse_open_clip_variants(model, vision, text);
  const Activation activation =
      model.flag("quick_gelu") ? Activation::kQuickGelu : Activation::kGelu;
  const Index image_size = vision.has("image_size") ? vision.pixels("image_size") : 224;
  ClipShape shape;
  shape.text = open_clip_tower(text, text.whole("width", 512), text.whole("layers", 12),
                               text.whole("heads", 8), activation);
  if (vision.is_list("layers")) {
    shape.resnet = open_clip_resnet(vision);
  } else {
    shape.image = open_clip_transformer(vision, activation);
  }
  shape.ln_pre = !vision.flag("no_ln_pre");
  shape.embed = model.whole("embed_dim");
  shape.context_length = text.whole("context_length", 77);
  shape.vocabulary = text.whole("vocab_size", 49408);
  shape.patch = shape.resnet ? ResNetShape::kPixelsPerCell : vision.whole("patch_size", 16);
  shape.grid = image_size / shape.patch;
  shape.preprocessing = open_clip_preprocessing(config, image_size);
  return shape;
}

}  // namespace qprompt
