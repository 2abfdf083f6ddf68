#include "qprompt/checkpoint/hugging_face_shape.h"

#include <nlohmann/json.hpp>

#include "qprompt/checkpoint/config_object.h"
#include "qprompt/checkpoint/harmless.h"
#include "qprompt/checkpoint/hugging_face_preprocessing.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr Index kVocabulary = 49408;  // CLIP's own; its last token ends a text

Activation hugging_face_activation(const ConfigObject& config) {
  const std::string name = config.text("hidden_act", "quick_gelu");
  require(name == "quick_gelu" || name == "gelu", config.where("hidden_act"), " is '", name,
          "', expected quick_gelu or gelu");
  return name == "gelu" ? Activation::kGelu : Activation::kQuickGelu;
}

TransformerShape hugging_face_tower(const ConfigObject& config, const TransformerShape& defaults) {
  return {.width = config.whole("hidden_size", defaults.width),
          .layers = config.whole("num_hidden_layers", defaults.layers),
          .heads = config.whole("num_attention_heads", defaults.heads),
          .mlp_width = config.whole("intermediate_size", defaults.mlp_width),
          .activation = hugging_face_activation(config),
          .layer_norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-5))};
}

// Older files repeat a tower's settings under "<tower>_dict", which wins.
nlohmann::json tower_settings(const nlohmann::json& config, const std::string& tower) {
  nlohmann::json settings = nlohmann::json::object();
  for (const std::string& key : {tower, tower + "_dict"}) {
    if (config.contains(key) && config[key].is_object()) settings.update(config[key]);
  }
  return settings;
}

// transformers reads the text at the first `eos_token_id`; 2 was written by mistake for long, and
// means the largest token's place.
std::optional<Index> hugging_face_end_of_text(const ConfigObject& text) {
  constexpr Index kByMistake = 2;
  if (!text.has("eos_token_id") && text.whole("vocab_size", kVocabulary) < kVocabulary) return {};
  const Index id = text.whole("eos_token_id", kVocabulary - 1);
  return id == kByMistake ? std::nullopt : std::optional(id);
}

// What refuses to be passed over although no tower has it.
void finish(const ConfigObject& config) {
  for (const char* key : {"pruned_heads", "quantization_config", "auto_map"}) {
    require(!config.flag(key), config.where(key), " is set, which is not supported");
  }
  config.finish(harmless_config_keys());
}

}  // namespace

ClipShape hugging_face_shape(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  const nlohmann::json json = read_json(path);
  const ConfigObject config(json, path);
  const std::string model_type = config.text("model_type", "clip");
  require(model_type == "clip", config.where("model_type"), " is '", model_type,
          "', expected clip");
  for (const char* tower :
       {"text_config", "vision_config", "text_config_dict", "vision_config_dict"}) {
    config.has(tower);
  }
  const nlohmann::json text_json = tower_settings(json, "text_config");
  const nlohmann::json image_json = tower_settings(json, "vision_config");
  const ConfigObject text(text_json, path, "text_config");
  const ConfigObject image(image_json, path, "vision_config");
  require(image.whole("num_channels", 3) == 3, image.where("num_channels"), ", expected 3");
  const Index image_size = image.has("image_size") ? image.pixels("image_size") : 224;
  ClipShape shape;
  shape.text =
      hugging_face_tower(text, {.width = 512, .layers = 12, .heads = 8, .mlp_width = 2048});
  shape.image =
      hugging_face_tower(image, {.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072});
  shape.embed = config.whole("projection_dim", 512);
  shape.context_length = text.whole("max_position_embeddings", 77);
  shape.vocabulary = text.whole("vocab_size", kVocabulary);
  shape.end_of_text = hugging_face_end_of_text(text);
  shape.patch = image.has("patch_size") ? image.pixels("patch_size") : 32;
  shape.grid = image_size / shape.patch;
  for (const ConfigObject* other : {&config, &image}) other->has("eos_token_id");  // not the text's
  finish(config);
  finish(text);
  finish(image);
  shape.preprocessing = hugging_face_preprocessing(folder, image_size);
  return shape;
}

}  // namespace qprompt
