#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/image_encoder.h"
#include "qprompt/clip/rounds.h"
#include "qprompt/core/ranks.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

class ImagePass;

// Throws Error that says why where the image tower takes no vision prompts.
void require_vision_prompts(const ClipShape& shape);

// The frozen image tower, a vision transformer or a ResNet. Const: one tower serves any number of
// callers, each pass that keeps something with a workspace of its own; passes run on the device's
// thread, one after another. Only a differentiable vision transformer has a pull-back; a ResNet
// takes no vision prompts, and so has nothing to differentiate.
class ImageTower {
 public:
  ImageTower(const Checkpoint& checkpoint, const kernels::Device& device,
             kernels::Differentiable differentiable = kernels::Differentiable::kNo,
             Packing packing = Packing::kAtOnce);
  ~ImageTower();
  ImageTower(ImageTower&&) noexcept;
  ImageTower& operator=(ImageTower&&) noexcept;

  Index image_size() const { return encoder_->image_size(); }
  Index prompt_width() const { return encoder_->prompt_width(); }  // 0 where no vision prompt fits
  Index layers() const { return encoder_->layers(); }  // blocks that vision prompts can enter

  // Features [n, embed], not normalised, of images [n, 3 image_size image_size], planar and
  // normalised. The pass borrows tower and workspace.
  ImagePass forward(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
                    Keep keep) const;
  // The same for evaluation.
  Matrix forward(const Matrix& images, const VisionPrompts& prompts,
                 ImageWorkspace& workspace) const;
  // The parts of so many images that go forward and back, one part after the other, without
  // computing anything twice: those whose activations the workspace's budget holds, and an image
  // for each of the device's threads at least. A pass of more works in rounds (rounds.h).
  std::vector<Part> parts_of(Index images, const VisionPrompts& prompts,
                             const ImageWorkspace& workspace) const;

 private:
  friend class ImagePass;

  Index images_at_once(const VisionPrompts& prompts, const ImageWorkspace& workspace) const;
  void require_fit(const Matrix& images, const VisionPrompts& prompts) const;
  Matrix run(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
             Keep keep) const;
  Matrix run_alone(const Matrix& images, const VisionPrompts& prompts,
                   ImageWorkspace& workspace) const;

  kernels::Device device_;
  std::unique_ptr<const ImageEncoder> encoder_;
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
  void cut_images();
  ImageWorkspace& workspace_of(Index slot) const;
  void run(Index chunk, Index slot, Keep keep);

  const ImageTower* tower_;
  ImageWorkspace* workspace_;
  VisionPrompts prompts_;
  Keep keep_;
  Matrix images_;             // for activations that are computed again
  std::vector<Part> chunks_;  // images that go through the tower together
  Rounds rounds_;
  Matrix features_;
};

}  // namespace qprompt
