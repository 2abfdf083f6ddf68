#pragma once

#include <array>
#include <optional>

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

}  // namespace qprompt
