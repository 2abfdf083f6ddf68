#pragma once

#include <array>
#include <optional>

#include "qprompt/core/matrix.h"
#include "qprompt/data/preprocessing.h"

namespace qprompt {

enum class Activation { kQuickGelu, kGelu };
inline auto enum_names(Activation) { return std::array{"quick_gelu", "gelu"}; }

struct TransformerShape {
  Index width = 0, layers = 0, heads = 0, mlp_width = 0;
  Activation activation = Activation::kQuickGelu;
  float layer_norm_eps = 1e-5f;
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
  bool stretched_positions = false;   // Long-CLIP's: most positions have a table of their own
  // The text tower is read at the first token of this id; without one at the largest id.
  std::optional<Index> end_of_text;
  Preprocessing preprocessing;
};

}  // namespace qprompt
