#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "qprompt/clip/residual_block.h"

namespace qprompt {

// When the blocks of a tower are packed.
enum class Packing : int {
  kAtOnce,     // with the tower
  kInPassing,  // as its first pass comes to each, which goes again behind it; the second pass keeps
};

// The blocks of a tower, by layer. Touched on the device's thread alone, until they are settled.
class BlockStack {
 public:
  // `pack` makes a layer's block; the device's threads make one each at a time, so that few are in
  // memory unpacked.
  BlockStack(const kernels::Device& device, Index layers,
             std::function<ResidualBlock(Index layer)> pack, Packing packing);

  // Packs the blocks that are not here yet: before passes on several threads at once, and those
  // that come back.
  void settle();
  // Before any other pass, from the first layer to the last: settles from the second one on.
  void enter();

  const ResidualBlock& at(Index layer);

 private:
  void pack(Index first, Index count);

  kernels::Device device_;
  std::function<ResidualBlock(Index layer)> pack_;  // none where all are packed
  std::vector<std::optional<ResidualBlock>> blocks_;
  bool passed_ = false;
};

}  // namespace qprompt
