#pragma once

#include <cstdint>
#include <vector>

#include "qprompt/clip/checkpoint.h"
#include "qprompt/clip/transformer.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

// Learned rows of the image tower: `tokens` [n, width] are appended after the patches, before
// ln_pre; deep[l] overwrites them at the input of block l + 1. Shallow prompts alone leave `deep`
// empty. A gradient has the same shape.
struct VisionPrompts {
  Matrix tokens;
  std::vector<Matrix> deep;
};

class ImagePass;

// Memory of image passes, one pass at a time. Reuse it: a pass then allocates nothing.
struct ImageWorkspace {
  explicit ImageWorkspace(const kernels::Device& device) : transformer(device) {}

  TransformerWorkspace transformer;
  kernels::Buffer patches;     // [n grid, 3 patch patch]
  kernels::Buffer patch_rows;  // [n grid, width], float32
  kernels::Buffer statistics;  // of ln_pre
  kernels::Buffer assembled;   // [rows, width] before ln_pre, float32
  // Bytes that activations kept for the pull-back may take. Batches that need more are worked
  // through in chunks: features first, then gradients chunk by chunk, activations computed again.
  std::size_t trace_budget = std::size_t{640} << 20;
  // Counts what was worked through here: activations of the last one remain.
  std::uint64_t runs = 0;
};

// The frozen image tower (ViT). Const: one tower serves any number of threads, each with a
// workspace of its own.
class ImageTower {
 public:
  ImageTower(const Checkpoint& checkpoint, const kernels::Device& device,
             kernels::Differentiable differentiable = kernels::Differentiable::kNo);

  Index image_size() const { return patch_ * grid_; }
  Index width() const { return transformer_.shape().width; }
  Index layers() const { return transformer_.shape().layers; }

  // Features [n, embed], not normalised, of images [n, 3 image_size image_size], planar and
  // normalised. The pass borrows tower and workspace.
  ImagePass forward(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
                    Keep keep) const;
  // The same for evaluation.
  Matrix forward(const Matrix& images, const VisionPrompts& prompts,
                 ImageWorkspace& workspace) const;

 private:
  friend class ImagePass;
  struct Rows;

  ImageTower(const Checkpoint& checkpoint, const kernels::Device& device,
             kernels::Differentiable differentiable, const ImageStem& stem);
  void require_fit(const Matrix& images, const VisionPrompts& prompts) const;
  Index tokens_of(const VisionPrompts& prompts) const;  // rows of an image
  Rows rows_of(Index images, const VisionPrompts& prompts) const;
  void embed(const Matrix& images, const Matrix& prompt_tokens, ImageWorkspace& workspace) const;
  Matrix run(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
             Keep keep) const;
  void pull_back(const VisionPrompts& prompts, const Matrix& d_features, ImageWorkspace& workspace,
                 VisionPrompts& d_prompts) const;
  Matrix ln_pre_pull_back(const Matrix& prompt_tokens, const Matrix& d_normed,
                          ImageWorkspace& workspace) const;

  kernels::NumberFormat format_;
  Index patch_, grid_;
  Vector class_row_;        // class embedding + its position
  Matrix patch_positions_;  // [grid * grid, width]
  LayerNormWeights ln_pre_;
  kernels::Linear patch_embedding_;
  Transformer transformer_;
};

// One forward pass over a batch of images.
class ImagePass {
 public:
  const Matrix& features() const { return features_; }  // [n, embed], not normalised

  // Vector-Jacobian product: the gradient of the prompts, summed over the images, from that of the
  // features. May be asked more than once. Only for passes with prompts that kept their
  // activations.
  VisionPrompts pull_back(const Matrix& d_features);

 private:
  friend class ImageTower;

  ImagePass(const ImageTower& tower, const Matrix& images, const VisionPrompts& prompts,
            ImageWorkspace& workspace, Keep keep);
  Index images_per_chunk() const;

  const ImageTower* tower_;
  ImageWorkspace* workspace_;
  VisionPrompts prompts_;
  Keep keep_;
  Matrix images_;                   // for activations that are computed again
  Index chunk_ = 0;                 // images that are worked through at once
  std::uint64_t resident_run_ = 0;  // the workspace's run that holds the activations, if any
  Matrix features_;
};

}  // namespace qprompt
