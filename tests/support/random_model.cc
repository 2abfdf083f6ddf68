#include "tests/support/random_model.h"

#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "qprompt/checkpoint/layout.h"
#include "qprompt/checkpoint/weight_lists.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/formats/safetensors.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kTokenPurpose = 1;  // its own random numbers, unlike the towers'

// Tensors under the names and in the orientation of Hugging Face.
class StoredTensors {
 public:
  void operator()(const std::string& canonical, const std::vector<Index>& shape,
                  const Matrix& values) {
    add(canonical, shape, values);
  }
  void operator()(const std::string& canonical, const std::vector<Index>& shape,
                  const Vector& values) {
    add(canonical, shape, values.transpose());
  }
  void write(const fs::path& path) const { write_tensors(path, views_); }

 private:
  void add(const std::string& canonical, std::vector<Index> shape, const Matrix& values) {
    const WeightLocation location = locate_weight(Naming::kHuggingFace, canonical);
    const auto parts = static_cast<Index>(location.names.size());
    Matrix& stored = values_[canonical];
    stored = location.transposed ? Matrix(values.transpose()) : values;
    if (location.transposed) std::swap(shape[0], shape[1]);
    if (parts > 1) shape[0] /= parts;
    const auto bytes = std::as_bytes(values_of(stored));
    const std::size_t size = bytes.size() / static_cast<std::size_t>(parts);
    for (std::size_t part = 0; part < location.names.size(); ++part) {
      views_[location.names[part]] = {ElementType::kFloat32, shape,
                                      bytes.subspan(part * size, size)};
    }
  }

  std::map<std::string, Matrix> values_;
  std::map<std::string, TensorView> views_;
};

void write_weights(const fs::path& path, reference::RandomClip& clip, std::uint64_t seed) {
  StoredTensors tensors;
  const ClipShape& shape = clip.shape;
  visit_text_stem(shape, clip.text_stem, tensors);
  visit_image_stem(shape, clip.image_stem, tensors);
  for (Index l = 0; l < shape.text.layers; ++l) {
    visit_block(text_block_prefix(l), shape.text, clip.text_blocks[l], tensors);
  }
  for (Index l = 0; l < shape.image.layers; ++l) {
    visit_block(image_block_prefix(l), shape.image, clip.image_blocks[l], tensors);
  }
  Random random(seed, kTokenPurpose);
  tensors("token_embedding.weight", {shape.vocabulary, shape.text.width},
          random.normal_matrix(shape.vocabulary, shape.text.width, 0.5));
  tensors("logit_scale", {}, Matrix(Matrix::Constant(1, 1, std::log(10.0f))));
  tensors.write(path);
}

json tower_config(const TransformerShape& tower) {
  return {{"hidden_size", tower.width},
          {"num_hidden_layers", tower.layers},
          {"num_attention_heads", tower.heads},
          {"intermediate_size", tower.mlp_width},
          {"hidden_act", tower.activation == Activation::kGelu ? "gelu" : "quick_gelu"},
          {"layer_norm_eps", tower.layer_norm_eps}};
}

json config_of(const ClipShape& shape) {
  json text = tower_config(shape.text), image = tower_config(shape.image);
  text.update(
      {{"max_position_embeddings", shape.context_length}, {"vocab_size", shape.vocabulary}});
  image.update({{"image_size", shape.patch * shape.grid}, {"patch_size", shape.patch}});
  return {{"model_type", "clip"},
          {"projection_dim", shape.embed},
          {"text_config", text},
          {"vision_config", image}};
}

// A character of two UTF-8 bytes, or of one.
std::string utf8(int code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
}

// The printable stand-ins of the 256 bytes in a byte-level vocabulary: themselves where they are
// visible characters of Latin-1, else characters from 256 on.
std::vector<std::string> byte_symbols() {
  std::vector<std::string> visible, others;
  for (int byte = 0; byte < 256; ++byte) {
    const bool seen = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte != 0xad);
    (seen ? visible : others).push_back(utf8(seen ? byte : 256 + static_cast<int>(others.size())));
  }
  visible.insert(visible.end(), others.begin(), others.end());
  return visible;
}

void write_vocabulary(const fs::path& folder) {
  json ids;
  const auto add = [&](const std::string& token) { ids[token] = ids.size(); };
  for (const std::string& symbol : byte_symbols()) add(symbol);
  for (const std::string& symbol : byte_symbols()) add(symbol + "</w>");
  std::string merges = "#version: 0.2\n";
  for (const std::string pair : {"p h", "o t", "ph ot", "phot o</w>", "c a", "ca t</w>"}) {
    merges += pair + "\n";
    std::string token = pair;
    add(token.erase(token.find(' '), 1));
  }
  add("<|startoftext|>");
  add("<|endoftext|>");
  write_file(folder / "merges.txt", merges);
  write_file(folder / "vocab.json", ids.dump());
}

}  // namespace

ClipShape small_clip_shape(Activation activation) {
  ClipShape shape;
  shape.text = {.width = 24, .layers = 3, .heads = 2, .mlp_width = 40, .activation = activation};
  shape.image = {.width = 20, .layers = 2, .heads = 5, .mlp_width = 28, .activation = activation};
  shape.embed = 16;
  shape.context_length = 20;
  shape.vocabulary = kRandomModelTokens;
  shape.patch = 4;
  shape.grid = 3;
  shape.preprocessing.image_size = 12;
  return shape;
}

reference::RandomClip write_random_model(const fs::path& folder, const ClipShape& shape,
                                         std::uint64_t seed) {
  require(shape.vocabulary == kRandomModelTokens, "write_random_model: ", shape.vocabulary,
          " tokens, expected ", kRandomModelTokens);
  fs::create_directories(folder);
  reference::RandomClip clip = reference::random_clip(shape, seed);
  write_weights(folder / "model.safetensors", clip, seed);
  write_file(folder / "config.json", config_of(shape).dump());
  write_vocabulary(folder);
  return clip;
}

}  // namespace qprompt::testing
