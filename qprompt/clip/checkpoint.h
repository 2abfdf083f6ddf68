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

struct ClipShape {
  TransformerShape text, image;
  Index embed = 0;           // width of the common space
  Index context_length = 0;  // rows of the text tower's positional embedding
  Index vocabulary = 0;      // rows of the token embedding
  Index patch = 0;           // pixels along a patch's side
  Index grid = 0;            // patches along an image's side
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

struct ImageStem {
  Matrix patches;          // [width, 3 * patch * patch], channel-major as a convolution kernel
  Vector class_embedding;  // [width]
  Matrix positions;        // [1 + grid * grid, width], the class token first
  LayerNormWeights ln_pre, ln_post;
  Matrix projection;  // [width, embed]
};

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
  const std::string& layout() const;          // "hugging face", "open_clip", "openai", "state dict"

  float logit_scale() const;  // exp of the stored value
  TextStem text_stem() const;
  BlockWeights text_block(Index layer) const;
  ImageStem image_stem() const;
  BlockWeights image_block(Index layer) const;
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
