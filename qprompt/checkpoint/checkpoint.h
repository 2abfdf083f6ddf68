#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qprompt/checkpoint/checkpoint_options.h"
#include "qprompt/checkpoint/clip_shape.h"
#include "qprompt/core/matrix.h"
#include "qprompt/core/thread_pool.h"

namespace qprompt {

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
  Matrix projection;                // [width, embed]
  Matrix stretched_positions = {};  // Long-CLIP's table, which text_stem() merges
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
  // Every tensor and every key of a configuration is used, or known to change nothing, or an Error.
  static Checkpoint open(const std::string& model, const CheckpointOptions& options = {});

  const ClipShape& shape() const;
  const std::filesystem::path& path() const;  // the folder or file that was opened
  const std::string& layout() const;  // "hugging face", "open_clip", "openai", "slip", "state dict"
  // What no file says and was assumed, a line each.
  const std::vector<std::string>& assumptions() const;

  float logit_scale() const;  // exp of the stored value
  TextStem text_stem() const;
  BlockWeights text_block(Index layer) const;
  ImageStem image_stem() const;
  BlockWeights image_block(Index layer) const;
  ResNetStem resnet_stem() const;  // resnet_weights.h
  BottleneckWeights bottleneck(Index stage, Index block) const;
  AttentionPoolWeights attention_pool() const;
  Matrix token_embeddings(std::span<const int> tokens) const;  // [n, text width]

  // A hash of everything that a feature depends on (Model::identity): every weight as float32 under
  // its canonical name, sizes, activation, heads, preprocessing. Every byte of the weights is read,
  // shared out among `threads`.
  std::uint64_t identity(ThreadPool& threads) const;
  // A hash of selected weights in a canonical order, rounded to fp16, as prompt files of version
  // 0.1 have it: the same for every layout and number format of one model.
  std::uint64_t fingerprint() const;

  // The weights have been packed elsewhere: lets the system take back their pages.
  void drop_pages() const;

 private:
  struct Impl;
  explicit Checkpoint(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace qprompt
