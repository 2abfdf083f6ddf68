#pragma once

#include <vector>

#include "qprompt/checkpoint/resnet_weights.h"
#include "tests/reference/mathematics.h"

// CLIP's ResNet image tower as on paper, in double precision: batch norms where they stand,
// convolutions as sums over windows.
namespace qprompt::reference {

// A square map: [channels, side * side].
struct FeatureMap {
  Index side = 0;
  Matrix pixels;
};

FeatureMap convolution(const FeatureMap& x, const ConvolutionWeights& weights, Index kernel,
                       Index stride);  // and its batch norm
FeatureMap relu(FeatureMap x);
FeatureMap average_pool(const FeatureMap& x, Index size);

class ResNet {
 public:
  explicit ResNet(const Checkpoint& checkpoint);

  // Each image is [3, size * size], normalised.
  Matrix forward(const std::vector<Matrix>& images) const;  // [n, embed], not normalised

 private:
  struct Bottleneck {
    BottleneckWeights weights;
    Index stride;
    bool shortcut;
  };

  FeatureMap stem(const Matrix& image) const;
  FeatureMap bottleneck(const Bottleneck& block, const FeatureMap& x) const;
  RowVector pool(const FeatureMap& x) const;

  ClipShape shape_;
  ResNetStem stem_;
  std::vector<Bottleneck> blocks_;
  AttentionPoolWeights pool_;
};

}  // namespace qprompt::reference
