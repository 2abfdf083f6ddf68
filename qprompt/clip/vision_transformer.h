#pragma once

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/image_encoder.h"

namespace qprompt {

// CLIP's ViT, and SLIP's: patches, class token, positions and prompts through a transformer, of
// which the class token is read.
class VisionTransformer : public ImageEncoder {
 public:
  VisionTransformer(const Checkpoint& checkpoint, const kernels::Device& device,
                    kernels::Differentiable differentiable, Packing packing);

  void settle() const override { transformer_.settle(); }
  void enter() const override { transformer_.enter(); }
  Index image_size() const override { return patch_ * grid_; }
  Index prompt_width() const override { return width(); }
  Index layers() const override { return transformer_.shape().layers; }
  Index embed() const override { return transformer_.embed(); }
  void require_fit(const VisionPrompts& prompts) const override;
  std::size_t trace_bytes(const VisionPrompts& prompts) const override;

  Matrix forward(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
                 Keep keep) const override;
  void pull_back(const VisionPrompts& prompts, const Matrix& d_features, ImageWorkspace& workspace,
                 VisionPrompts& d_prompts) const override;

 private:
  struct Rows;

  Index width() const { return transformer_.shape().width; }
  VisionTransformer(const Checkpoint& checkpoint, const kernels::Device& device,
                    kernels::Differentiable differentiable, Packing packing, const ImageStem& stem);
  Index tokens_of(const VisionPrompts& prompts) const;  // rows of an image
  Rows rows_of(Index images, const VisionPrompts& prompts) const;
  void embed(const Matrix& images, const Matrix& prompt_tokens, ImageWorkspace& workspace) const;
  Matrix ln_pre_pull_back(const Matrix& prompt_tokens, const Matrix& d_normed,
                          ImageWorkspace& workspace) const;

  kernels::NumberFormat format_;
  Index patch_, grid_;
  Vector class_row_;         // class embedding + its position
  Matrix patch_positions_;   // [grid * grid, width]
  LayerNormWeights ln_pre_;  // empty without
  kernels::Linear patch_embedding_;
  Transformer transformer_;
};

}  // namespace qprompt
