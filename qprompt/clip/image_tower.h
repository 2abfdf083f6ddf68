#pragma once

#include "qprompt/clip/checkpoint.h"
#include "qprompt/clip/transformer.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

// Learned rows of the image tower: `tokens` [n, width] are appended after the patches, before
// ln_pre; deep[l] overwrites them at the input of block l + 1. Shallow prompts alone leave `deep`
// empty.
struct VisionPrompts {
  Matrix tokens;
  std::vector<Matrix> deep;
};

struct ImageWorkspace {
  explicit ImageWorkspace(const kernels::Device& device) : transformer(device) {}

  TransformerWorkspace transformer;
  kernels::Buffer patches;     // [n grid, 3 patch patch]
  kernels::Buffer patch_rows;  // [n grid, width], float32
  kernels::Buffer statistics;  // of ln_pre
  kernels::Buffer assembled;   // [rows, width] before ln_pre, float32
};

// The frozen image tower (ViT). Const: one tower serves any number of threads, each with a
// workspace of its own.
class ImageTower {
 public:
  ImageTower(const Checkpoint& checkpoint, const kernels::Device& device);

  Index image_size() const { return patch_ * grid_; }
  Index width() const { return transformer_.shape().width; }

  // images [n, 3 image_size image_size], planar and normalised -> features [n, embed], not
  // normalised.
  Matrix forward(const Matrix& images, const VisionPrompts& prompts,
                 ImageWorkspace& workspace) const;

 private:
  ImageTower(const Checkpoint& checkpoint, const kernels::Device& device, const ImageStem& stem);
  void embed(const Matrix& images, const Matrix& prompt_tokens, ImageWorkspace& workspace) const;
  BlockRows rows_of(Index images, Index prompt_tokens) const;

  kernels::NumberFormat format_;
  Index patch_, grid_;
  Vector class_row_;        // class embedding + its position
  Matrix patch_positions_;  // [grid * grid, width]
  LayerNormWeights ln_pre_;
  kernels::Linear patch_embedding_;
  Transformer transformer_;
};

}  // namespace qprompt
