#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "qprompt/core/matrix.h"

namespace qprompt {

enum class Activation { kQuickGelu, kGelu };

struct TransformerShape {
  Index width = 0, layers = 0, heads = 0, mlp_width = 0;
  Activation activation = Activation::kQuickGelu;
  float layer_norm_eps = 1e-5f;
};

// CLIP's evaluation transform: resize the shorter side to `image_size`, centre crop, /255,
// normalise.
struct Preprocessing {
  int image_size = 0;
  std::array<float, 3> mean{0.48145466f, 0.4578275f, 0.40821073f};
  std::array<float, 3> std{0.26862954f, 0.26130258f, 0.27577711f};
};

// CLIP's modified ResNet: a stem of three convolutions, four stages of bottlenecks that halve the
// map from the second on, attention pooling.
struct ResNetShape {
  std::array<Index, 4> blocks{};  // bottlenecks of each stage
  Index width = 0;                // channels that the stem gives
  Index heads = 0;                // of the attention pooling

  Index inner(Index stage) const { return width << stage; }    // channels inside a bottleneck
  Index channels() const { return kExpansion * inner(3); }     // of the last map
  static constexpr Index kExpansion = 4, kPixelsPerCell = 32;  // of the last map
};

struct ClipShape {
  TransformerShape text;
  TransformerShape image;             // a vision transformer's; width 0 for a ResNet
  std::optional<ResNetShape> resnet;  // the image tower, where it is one
  Index embed = 0;                    // width of the common space
  Index context_length = 0;           // rows of the text tower's positional embedding
  Index vocabulary = 0;               // rows of the token embedding
  Index patch = 0;                    // pixels along a patch's side, or of the last map's cell
  Index grid = 0;                     // patches along an image's side
  bool ln_pre = true;                 // a layer norm stands before the image tower's first block
  bool patch_bias = false;            // patches are embedded with a bias
  Preprocessing preprocessing;
};

struct LayerNormWeights {
  Vector weight, bias;  // [width]
};

// One residual block, float32. Linear layers are [out, in]: y = x W^T + b.
struct BlockWeights {
  LayerNormWeights ln_1;
  Matrix qkv;  // [3 width, width]: query, key, value
  Vector qkv_bias;
  Matrix out;  // [width, width]
  Vector out_bias;
  LayerNormWeights ln_2;
  Matrix fc;  // [mlp_width, width]
  Vector fc_bias;
  Matrix proj;  // [width, mlp_width]
  Vector proj_bias;
};

struct TextStem {
  Matrix positions;  // [context_length, width]
  LayerNormWeights ln_final;
  Matrix projection;  // [width, embed]
};

// Of a vision transformer.
struct ImageStem {
  Matrix patches;           // [width, 3 * patch * patch], channel-major as a convolution kernel
  Vector patch_bias;        // [width], empty without
  Vector class_embedding;   // [width]
  Matrix positions;         // [1 + grid * grid, width], the class token first
  LayerNormWeights ln_pre;  // empty without
  LayerNormWeights ln_post;
  Matrix projection;  // [width, embed]
};

struct ResNetStem;
struct BottleneckWeights;
struct AttentionPoolWeights;

// A CLIP checkpoint in any of the layouts users have, read lazily: shapes are known at once,
// weights are converted to float32 one block at a time. Every accessor throws Error naming the file
// and the tensor when it is missing, has another shape, or holds NaN or infinity.
class Checkpoint {
 public:
  // `model`: a Hugging Face or open_clip folder, an OpenAI TorchScript archive, a pickled state
  // dict, or a Hub name looked up in the local cache (HF_HOME); never the network.
  static Checkpoint open(const std::string& model);

  const ClipShape& shape() const;
  const std::filesystem::path& path() const;  // the folder or file that was opened
  const std::string& layout() const;  // "hugging face", "open_clip", "openai", "slip", "state dict"

  float logit_scale() const;  // exp of the stored value
  TextStem text_stem() const;
  BlockWeights text_block(Index layer) const;
  ImageStem image_stem() const;
  BlockWeights image_block(Index layer) const;
  ResNetStem resnet_stem() const;  // resnet_weights.h
  BottleneckWeights bottleneck(Index stage, Index block) const;
  AttentionPoolWeights attention_pool() const;
  Matrix token_embeddings(std::span<const int> tokens) const;  // [n, text width]

  // A hash of selected weights in a canonical order, rounded to fp16: the same for every layout and
  // number format (fp16 or float32 holding fp16 values) of one model.
  std::uint64_t fingerprint() const;

  // The weights have been packed elsewhere: lets the system take back their pages.
  void drop_pages() const;

 private:
  struct Impl;
  explicit Checkpoint(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace qprompt
