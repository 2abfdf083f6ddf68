#pragma once

#include <optional>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/image_encoder.h"
#include "qprompt/kernels/convolution.h"

namespace qprompt {

// CLIP's modified ResNet: strides are average pools before a convolution (anti-aliased), and an
// attention pooling stands in place of the mean. Forward only, in float32 on every device: it sees
// an image once, and what it says is kept. Batch norms are folded into the convolutions.
class ResNet : public ImageEncoder {
 public:
  ResNet(const Checkpoint& checkpoint, const kernels::Device& device);

  Index image_size() const override { return shape_.preprocessing.image_size; }
  Index prompt_width() const override { return 0; }
  Index layers() const override { return 0; }
  Index embed() const override { return shape_.embed; }
  void require_fit(const VisionPrompts& prompts) const override;
  std::size_t trace_bytes(const VisionPrompts&) const override { return 0; }

  Matrix forward(const Matrix& images, const VisionPrompts& prompts, ImageWorkspace& workspace,
                 Keep keep) const override;
  void pull_back(const VisionPrompts& prompts, const Matrix& d_features, ImageWorkspace& workspace,
                 VisionPrompts& d_prompts) const override;

 private:
  struct Bottleneck {
    kernels::Convolution conv_1, conv_2, conv_3;
    std::optional<kernels::Convolution> shortcut;  // else the input itself is added
    Index side, stride;
  };

  ResNet(const Checkpoint& checkpoint, const kernels::Device& device,
         const AttentionPoolWeights& pool);
  void add_stem(const ResNetStem& stem, const kernels::Device& device);
  void add_bottleneck(const BottleneckWeights& weights, Index stage, Index block,
                      const kernels::Device& device);
  void forward_stem(const Matrix& images, ImageWorkspace& workspace) const;
  void forward(const Bottleneck& block, ImageWorkspace& workspace) const;
  Matrix pool(ImageWorkspace& workspace) const;

  ClipShape shape_;
  std::vector<kernels::Convolution> stem_;
  std::vector<Bottleneck> blocks_;
  Matrix positions_;
  kernels::Linear qkv_, projection_;  // of the attention pooling
};

}  // namespace qprompt
