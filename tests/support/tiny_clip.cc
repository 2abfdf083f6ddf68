#include "tests/support/tiny_clip.h"

#include <cstring>

#include "qprompt/core/file.h"
#include "qprompt/core/random.h"
#include "qprompt/formats/safetensors.h"
#include "tests/support/torch_writer.h"

namespace qprompt::testing {
namespace {

OwnedTensor random_tensor(std::vector<Index> shape, Random& random) {
  OwnedTensor tensor{std::move(shape), {}};
  tensor.values.resize(checked_size(tensor.shape).value());
  for (float& value : tensor.values) {
    value = static_cast<float>(Eigen::half(static_cast<float>(0.1 * random.normal())));
  }
  return tensor;
}

void add_block(Tensors& tensors, const std::string& prefix, Index width, Index mlp,
               Random& random) {
  const auto add = [&](const std::string& name, std::vector<Index> shape) {
    tensors[prefix + name] = random_tensor(std::move(shape), random);
  };
  for (const std::string norm : {"ln_1", "ln_2"}) {
    add(norm + ".weight", {width});
    add(norm + ".bias", {width});
  }
  add("attn.in_proj_weight", {3 * width, width});
  add("attn.in_proj_bias", {3 * width});
  add("attn.out_proj.weight", {width, width});
  add("attn.out_proj.bias", {width});
  add("mlp.c_fc.weight", {mlp, width});
  add("mlp.c_fc.bias", {mlp});
  add("mlp.c_proj.weight", {width, mlp});
  add("mlp.c_proj.bias", {width});
}

// Names outside the blocks, in both worlds.
const std::map<std::string, std::string> kStem{
    {"logit_scale", "logit_scale"},
    {"token_embedding.weight", "text_model.embeddings.token_embedding.weight"},
    {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
    {"ln_final.weight", "text_model.final_layer_norm.weight"},
    {"ln_final.bias", "text_model.final_layer_norm.bias"},
    {"text_projection", "text_projection.weight"},
    {"visual.proj", "visual_projection.weight"},
    {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
    {"visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"},
    {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
    {"visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"},
    {"visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"},
    {"visual.ln_post.weight", "vision_model.post_layernorm.weight"},
    {"visual.ln_post.bias", "vision_model.post_layernorm.bias"}};

void replace(std::string& text, const std::string& from, const std::string& to) {
  if (const auto at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
}

OwnedTensor transposed(const OwnedTensor& tensor) {
  const Index rows = tensor.shape[0], cols = tensor.shape[1];
  OwnedTensor result{{cols, rows}, tensor.values};
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) result.values[c * rows + r] = tensor.values[r * cols + c];
  }
  return result;
}

OwnedTensor third(const OwnedTensor& tensor, int part) {
  OwnedTensor result{tensor.shape, {}};
  result.shape[0] /= 3;
  const auto size = static_cast<Index>(tensor.values.size()) / 3;
  result.values.assign(tensor.values.begin() + part * size,
                       tensor.values.begin() + (part + 1) * size);
  return result;
}

void add_block_tensor(Tensors& result, std::string name, const OwnedTensor& tensor) {
  replace(name, "visual.transformer.resblocks.", "vision_model.encoder.layers.");
  if (!name.starts_with("vision")) {
    replace(name, "transformer.resblocks.", "text_model.encoder.layers.");
  }
  for (const auto& [from, to] : std::map<std::string, std::string>{{"ln_1", "layer_norm1"},
                                                                   {"ln_2", "layer_norm2"},
                                                                   {"attn.", "self_attn."},
                                                                   {"c_fc", "fc1"},
                                                                   {"c_proj", "fc2"}}) {
    replace(name, from, to);
  }
  if (name.find("in_proj_") == name.npos) {
    result[name] = tensor;
    return;
  }
  for (int part = 0; part < 3; ++part) {
    std::string stored = name;
    replace(stored, "in_proj_", std::string(1, "qkv"[part]) + "_proj.");
    result[stored] = third(tensor, part);
  }
}

std::vector<std::byte> encode(const OwnedTensor& tensor, ElementType type) {
  std::vector<std::byte> bytes(tensor.values.size() * element_size(type));
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    const float value = tensor.values[i];
    const Eigen::half half(value);
    const Eigen::bfloat16 bfloat(value);
    const auto integer = static_cast<std::int64_t>(value);
    const void* source = type == ElementType::kFloat32    ? static_cast<const void*>(&value)
                         : type == ElementType::kFloat16  ? static_cast<const void*>(&half)
                         : type == ElementType::kBfloat16 ? static_cast<const void*>(&bfloat)
                                                          : static_cast<const void*>(&integer);
    std::memcpy(bytes.data() + i * element_size(type), source, element_size(type));
  }
  return bytes;
}

}  // namespace

Tensors tiny_clip(std::uint64_t seed) {
  Random random(seed);
  Tensors tensors;
  const auto add = [&](const std::string& name, std::vector<Index> shape) {
    tensors[name] = random_tensor(std::move(shape), random);
  };
  add("logit_scale", {});
  add("token_embedding.weight", {kTinyVocabulary, 64});
  add("positional_embedding", {7, 64});
  add("ln_final.weight", {64});
  add("ln_final.bias", {64});
  add("text_projection", {64, 32});
  add("visual.proj", {128, 32});
  add("visual.class_embedding", {128});
  add("visual.conv1.weight", {128, 3, 4, 4});
  add("visual.positional_embedding", {10, 128});
  for (const std::string norm : {"visual.ln_pre", "visual.ln_post"}) {
    add(norm + ".weight", {128});
    add(norm + ".bias", {128});
  }
  add_block(tensors, "transformer.resblocks.0.", 64, 96, random);
  add_block(tensors, "transformer.resblocks.1.", 64, 96, random);
  add_block(tensors, "visual.transformer.resblocks.0.", 128, 160, random);
  return tensors;
}

Tensors hugging_face_names(const Tensors& openai) {
  Tensors result;
  for (const auto& [name, tensor] : openai) {
    const auto stem = kStem.find(name);
    if (stem == kStem.end()) {
      add_block_tensor(result, name, tensor);
    } else {
      const bool projection = name == "text_projection" || name == "visual.proj";
      result[stem->second] = projection ? transposed(tensor) : tensor;
    }
  }
  return result;
}

nlohmann::json hugging_face_config() {
  return {{"model_type", "clip"},
          {"projection_dim", 32},
          {"text_config",
           {{"hidden_size", 64},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 1},
            {"intermediate_size", 96},
            {"max_position_embeddings", 7},
            {"vocab_size", kTinyVocabulary}}},
          {"vision_config",
           {{"hidden_size", 128},
            {"num_hidden_layers", 1},
            {"num_attention_heads", 2},
            {"intermediate_size", 160},
            {"image_size", 12},
            {"patch_size", 4}}}};
}

nlohmann::json open_clip_config() {
  return {{"model_cfg",
           {{"embed_dim", 32},
            {"quick_gelu", true},
            {"vision_cfg",
             {{"image_size", 12},
              {"layers", 1},
              {"width", 128},
              {"patch_size", 4},
              {"mlp_ratio", 1.25}}},
            {"text_cfg",
             {{"context_length", 7},
              {"vocab_size", kTinyVocabulary},
              {"width", 64},
              {"heads", 1},
              {"layers", 2},
              {"mlp_ratio", 1.5}}}}}};
}

void write_tensors(const std::filesystem::path& path, const Tensors& tensors, ElementType type) {
  std::map<std::string, std::vector<std::byte>> bytes;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    bytes[name] = encode(tensor, type);
    views[name] = {type, tensor.shape, bytes[name], nullptr};
  }
  qprompt::write_tensors(path, views);
}

void write_state_dict(const std::filesystem::path& path, const Tensors& tensors) {
  PickleWriter pickle;
  std::map<std::string, std::string> entries;
  pickle.ordered_dict().mark();
  int key = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
    pickle.text(name).tensor({.key = std::to_string(key),
                              .storage_size = static_cast<std::int64_t>(tensor.values.size()),
                              .shape = shape,
                              .strides = dense_strides(shape)});
    entries["data/" + std::to_string(key++)] = bytes_of(tensor.values);
  }
  entries["data.pkl"] = pickle.set_items().stop();
  write_archive(path, entries);
}

void write_hugging_face(const std::filesystem::path& folder, const Tensors& openai) {
  write_file(folder / "config.json", hugging_face_config().dump());
  write_tensors(folder / "model.safetensors", hugging_face_names(openai));
}

void write_open_clip(const std::filesystem::path& folder, const Tensors& openai) {
  write_file(folder / "open_clip_config.json", open_clip_config().dump());
  write_tensors(folder / "open_clip_model.safetensors", openai);
}

}  // namespace qprompt::testing
