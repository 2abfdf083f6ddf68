#include "qprompt/checkpoint/open_clip_shape.h"

#include <cmath>
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

// Of either tower.
void refuse_block_variants(const ConfigObject& tower) {
  refuse_variants(
      tower, {"ls_init_value", "final_ln_after_pool", "norm_kwargs", "act_kwargs", "qk_norm",
              "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"});
  expect_text(tower, "block_type", "default");
}

// What is left after this acts in training only, or only in a variant that was refused.
void finish_vision(const ConfigObject& vision) {
  refuse_variants(
      vision, {"timm_model_name", "attentional_pool", "global_average_pool", "input_patchnorm"});
  refuse_block_variants(vision);
  expect_text(vision, "pool_type", "tok");
  expect_text(vision, "pos_embed_type", "learnable");
  vision.finish({"patch_dropout", "output_tokens", "attn_pooler_queries", "attn_pooler_heads",
                 "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop",
                 "timm_drop_path", "mlp_ratio", "patch_size"});
}

void finish_text(const ConfigObject& text) {
  refuse_variants(text, {"hf_model_name", "hf_tokenizer_name", "tokenizer_mode", "tokenizer_kwargs",
                         "embed_cls", "no_causal_mask", "proj_bias", "ln_post_emb"});
  refuse_block_variants(text);
  expect_text(text, "proj_type", "linear");
  text.finish({"pad_id", "eos_id", "output_tokens", "hf_model_pretrained", "hf_proj_type",
               "hf_pooler_type", "hf_pooler_hidden_state_index"});
}

void finish_model(const ConfigObject& model) {
  refuse_variants(model, {"custom_text", "multimodal_cfg", "init_logit_bias"});
  model.finish({"init_logit_scale", "nonscalar_logit_scale", "output_dict", "cast_dtype"});
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

ResizeMode open_clip_resize_mode(const ConfigObject& settings) {
  const std::string mode = settings.text("resize_mode", "shortest");
  if (mode == "shortest") return ResizeMode::kShortest;
  if (mode == "longest") return ResizeMode::kLongest;
  require(mode == "squash", settings.where("resize_mode"), " is '", mode,
          "', expected shortest, longest or squash");
  return ResizeMode::kSquash;
}

Interpolation open_clip_interpolation(const ConfigObject& settings) {
  const std::string name = settings.text("interpolation", "bicubic");
  if (name == "bilinear") return Interpolation::kBilinear;
  require(name == "bicubic" || name == "random", settings.where("interpolation"), " is '", name,
          "', expected bicubic or bilinear");
  return Interpolation::kBicubic;  // "random" is of training
}

Preprocessing open_clip_preprocessing(const ConfigObject& config, Index image_size) {
  Preprocessing preprocessing{.image_size = static_cast<int>(image_size)};
  if (!config.has("preprocess_cfg")) return preprocessing;
  const ConfigObject settings = config.object("preprocess_cfg");
  require(!settings.has("size") || settings.pixels("size") == image_size, settings.where("size"),
          " differs from the model's image size ", image_size);
  expect_text(settings, "mode", "RGB");
  preprocessing.resize_mode = open_clip_resize_mode(settings);
  preprocessing.interpolation = open_clip_interpolation(settings);
  const double fill = settings.number("fill_color", 0);
  require(fill >= 0 && fill <= 255 && fill == std::floor(fill), settings.where("fill_color"),
          " is ", fill, ", expected a grey level from 0 to 255");
  if (preprocessing.resize_mode == ResizeMode::kLongest) {
    preprocessing.fill = static_cast<int>(fill);
  }
  preprocessing.mean = settings.triple("mean", preprocessing.mean);
  preprocessing.std = settings.triple("std", preprocessing.std);
  settings.finish({});
  return preprocessing;
}

// open_clip reads the text at the largest token's place, or at the first `eos_id`.
std::optional<Index> open_clip_end_of_text(const ConfigObject& text) {
  const std::string pool = text.text("pool_type", "argmax");
  if (pool == "argmax") return std::nullopt;
  require(pool == "eos", text.where("pool_type"), " is '", pool, "', expected argmax or eos");
  return text.whole("eos_id", 2);
}

void set_image_tower(const ConfigObject& vision, Activation activation, ClipShape& shape) {
  if (vision.is_list("layers")) {
    shape.resnet = open_clip_resnet(vision);
    shape.patch = ResNetShape::kPixelsPerCell;
  } else {
    shape.image = open_clip_transformer(vision, activation);
    shape.patch = vision.has("patch_size") ? vision.pixels("patch_size") : 16;
  }
  const Index image_size = vision.has("image_size") ? vision.pixels("image_size") : 224;
  shape.ln_pre = !vision.flag("no_ln_pre");
  shape.grid = image_size / shape.patch;
  shape.preprocessing.image_size = static_cast<int>(image_size);
}

}  // namespace

ClipShape open_clip_shape(const fs::path& folder) {
  const fs::path path = folder / "open_clip_config.json";
  const nlohmann::json json = read_json(path);
  const ConfigObject config(json, path);
  const ConfigObject model = config.object("model_cfg");
  const ConfigObject vision = model.object("vision_cfg"), text = model.object("text_cfg");
  const Activation activation =
      model.flag("quick_gelu") ? Activation::kQuickGelu : Activation::kGelu;
  ClipShape shape;
  shape.text = open_clip_tower(text, text.whole("width", 512), text.whole("layers", 12),
                               text.whole("heads", 8), activation);
  shape.embed = model.whole("embed_dim");
  shape.context_length = text.whole("context_length", 77);
  shape.vocabulary = text.whole("vocab_size", 49408);
  shape.end_of_text = open_clip_end_of_text(text);
  set_image_tower(vision, activation, shape);
  shape.preprocessing = open_clip_preprocessing(config, shape.preprocessing.image_size);
  finish_vision(vision);
  finish_text(text);
  finish_model(model);
  config.finish({});
  return shape;
}

}  // namespace qprompt
