#pragma once

#include <functional>
#include <vector>

#include "qprompt/clip/block_stack.h"

namespace qprompt {

enum class Keep { kNothing, kForPullBack };

// Buffers of one pass through a tower, allocated once and reused by the passes that follow.
struct TransformerWorkspace {
  using Team = kernels::Stream::Team;
  explicit TransformerWorkspace(const kernels::Device& device, Team team = Team::kAll)
      : stream(device, team) {}

  void begin(Keep keep_in, Index layers) {
    keep = keep_in;
    const auto needed = static_cast<std::size_t>(keep == Keep::kNothing ? 1 : layers);
    if (traces.size() < needed) traces.resize(needed);
  }

  // Where block `layer` reads its input; one trace serves all layers where nothing is kept.
  BlockTrace& trace(Index layer) {
    return traces[keep == Keep::kNothing ? 0 : static_cast<std::size_t>(layer)];
  }

  kernels::Stream stream;
  Keep keep = Keep::kNothing;
  std::vector<BlockTrace> traces;
  BlockScratch scratch;
  kernels::Buffer read;             // [sequences, width] the rows that are read in the end, float32
  kernels::Buffer read_statistics;  // of the final layer norm
  kernels::Buffer read_normal;      // their normalisation, float32
  kernels::Buffer features;         // [sequences, embed]
};

// Learned rows [n, width] that replace what a tower computed at the input of block `layer`: they
// overwrite the listed rows, again and again where there are more of those (one set for each
// image). None where the block keeps its input.
using DeepRows = std::function<const Matrix*(Index layer)>;

// What enters block `layer`: deep[layer - 1], if there.
template <typename Deep>
auto* deep_at(Deep& deep, Index layer) {
  return layer <= std::ssize(deep) ? &deep[static_cast<std::size_t>(layer - 1)] : nullptr;
}

// A frozen stack of residual blocks with the final layer norm and projection, for either tower.
class Transformer {
 public:
  // `block(layer)` gives a layer's weights; it is kept until all are packed.
  Transformer(const kernels::Device& device, const TransformerShape& shape,
              const std::function<BlockWeights(Index)>& block, const LayerNormWeights& ln_last,
              const Matrix& projection, kernels::Differentiable differentiable, Packing packing,
              kernels::Products products = kernels::Products::kOfFormat);

  // Before every pass one or the other, as BlockStack has them.
  void settle() const { blocks_.settle(); }
  void enter() const { blocks_.enter(); }

  const TransformerShape& shape() const { return shape_; }
  Index embed() const { return projection_.outputs(); }

  // Bytes that one row leaves behind in all blocks' traces.
  std::size_t trace_bytes_per_row() const;

  // Throws Error unless `deep` fits: [rows, width] each, for blocks 1, 2, ...
  void require_deep(const std::vector<Matrix>& deep, Index rows) const;

  // Tells the stream how large the products of a pass over `rows` rows are.
  void expect_rows(kernels::Stream& stream, Index rows) const;

  // From the first block's input in workspace.trace(0).x to features [sequences, embed].
  // `overwritten` lists the rows that deep rows replace.
  Matrix forward(TransformerWorkspace& workspace, const BlockRows& rows,
                 std::span<const Index> overwritten, const DeepRows& deep) const;

  // The gradient of the first block's input, of its rows `needed_rows` alone: [needed rows, width].
  // d_deep(layer) receives that of the layer's deep rows.
  Matrix pull_back(TransformerWorkspace& workspace, const BlockRows& rows, const Matrix& d_features,
                   std::span<const Index> overwritten, std::span<const Index> needed_rows,
                   const std::function<Matrix*(Index layer)>& d_deep) const;

 private:
  void enter(TransformerWorkspace& workspace, BlockTrace& trace) const;
  void overwrite(TransformerWorkspace& workspace, BlockTrace& trace, std::span<const Index> rows,
                 const Matrix& values) const;
  void pull_back_readout(TransformerWorkspace& workspace, const Matrix& d_features) const;
  void take_gradient(TransformerWorkspace& workspace, std::span<const Index> rows,
                     Matrix& d_values) const;

  kernels::NumberFormat format_;
  TransformerShape shape_;
  mutable BlockStack blocks_;   // all of them, or those that a pass is at
  kernels::Linear projection_;  // with the final layer norm's affine part folded in; float32
};

}  // namespace qprompt
