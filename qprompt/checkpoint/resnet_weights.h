#pragma once

#include "qprompt/checkpoint/checkpoint.h"

namespace qprompt {

// Weights of a ResNet image tower, float32, as a checkpoint holds them.

// A convolution without bias and the batch norm behind it:
//   (convolution(x) - mean) / sqrt(variance + eps) * scale + shift
struct ConvolutionWeights {
  Matrix weight;                        // [out, in * kernel * kernel], channel-major
  Vector scale, shift, mean, variance;  // [out]
};

// Three 3 x 3 convolutions, the first with stride 2; an average pool halves the map after them.
struct ResNetStem {
  ConvolutionWeights conv_1, conv_2, conv_3;
};

// 1 x 1, 3 x 3, 1 x 1. The first of a stage has a convolution on its shortcut too.
struct BottleneckWeights {
  ConvolutionWeights conv_1, conv_2, conv_3;
  ConvolutionWeights shortcut;  // empty where the input itself is added
};

struct LinearWeights {
  Matrix weight;  // [out, in]
  Vector bias;    // [out]
};

// One query, the map's mean, attends to itself and to the map's pixels.
struct AttentionPoolWeights {
  Matrix positions;                 // [1 + grid * grid, channels], the mean first
  LinearWeights query, key, value;  // channels -> channels
  LinearWeights projection;         // channels -> embed
};

struct ConvolutionSizes {
  Index in, out, kernel;
};

// Channels and stride of a bottleneck. The stride is an average pool's, which stands before the
// last convolution and before the shortcut's.
struct BottleneckSizes {
  BottleneckSizes(const ResNetShape& shape, Index stage, Index block)
      : inner(shape.inner(stage)),
        out(ResNetShape::kExpansion * inner),
        in(block > 0   ? out
           : stage > 0 ? out / 2
                       : shape.width),
        stride(block == 0 && stage > 0 ? 2 : 1),
        shortcut(block == 0) {}

  Index inner, out, in, stride;
  bool shortcut;  // has a convolution of its own
};

}  // namespace qprompt
