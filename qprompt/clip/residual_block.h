#pragma once

#include <span>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/kernels/activation.h"
#include "qprompt/kernels/attention.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"
#include "qprompt/kernels/linear.h"

namespace qprompt {

// What one block's forward step leaves for its pull-back.
struct BlockTrace {
  kernels::Buffer x;             // [rows, width] input, float32
  kernels::Buffer statistics_1;  // of ln_1
  kernels::Buffer qkv;           // [rows, 3 width]
  kernels::Buffer middle;        // [asking rows, width] after attention, float32
  kernels::Buffer statistics_2;  // of ln_2
  kernels::Buffer hidden;        // [asking rows, mlp_width] before the activation
};

// Memory that blocks use one after another.
struct BlockScratch {
  kernels::Buffer normal;    // [rows, width] a layer norm's output
  kernels::Buffer attended;  // [asking rows, width]
  kernels::Buffer branch;    // [asking rows, width] what a residual branch adds, float32
  kernels::Buffer residual;  // [asking rows, width] gathered input of the last block, float32
  kernels::Buffer hidden;    // [asking rows, mlp_width]
  kernels::Buffer d_x;       // gradient of the residual stream, float32
  kernels::Buffer d_x_copy;  // the same in the device's format
  kernels::Buffer d_asking;  // the gradient of the asking rows, before it spreads to all
  kernels::Buffer d_qkv;
  struct {
    kernels::Buffer x, statistics, d_qkv, d_x;
  } needed;  // rows gathered where only some of the input's gradient is needed
};

// The rows that one pass works on.
struct BlockRows {
  kernels::Sequences sequences;
  // After the tower's last block only one row of each sequence is read: there, only it asks.
  std::vector<Index> read_rows;
  kernels::Queries last_queries = kernels::Queries::kLast;
};

// A frozen pre-norm transformer block, packed for a device:
//   middle = x + out(attention(ln_1(x)));  y = middle + proj(activation(fc(ln_2(middle))))
// The layer norms' affine parts and the attention's scale are folded into the linear layers.
class ResidualBlock {
 public:
  ResidualBlock(const kernels::Device& device, BlockWeights weights, const TransformerShape& shape,
                kernels::Differentiable differentiable,
                kernels::Products products = kernels::Products::kOfFormat);

  // From trace.x with its normalisation in scratch.normal to the last branch in scratch.branch:
  // the block's output is trace.middle + scratch.branch. `last`: only rows.read_rows ask.
  void forward(kernels::Stream& stream, const BlockRows& rows, bool last, BlockTrace& trace,
               BlockScratch& scratch) const;

  // scratch.d_x and d_x_copy from the gradient of the output to that of the input.
  void pull_back(kernels::Stream& stream, const BlockRows& rows, bool last, const BlockTrace& trace,
                 BlockScratch& scratch) const;

  // The gradient of the input's rows `needed_rows` alone: [needed rows, width] in scratch.d_x.
  void pull_back_to(kernels::Stream& stream, const BlockRows& rows, bool last,
                    std::span<const Index> needed_rows, const BlockTrace& trace,
                    BlockScratch& scratch) const;

 private:
  struct Packing;
  ResidualBlock(const Packing& pack, BlockWeights weights, const TransformerShape& shape);
  void pull_back_to_qkv(kernels::Stream& stream, const BlockRows& rows, bool last,
                        const BlockTrace& trace, BlockScratch& scratch) const;
  void spread_to_all_rows(kernels::Stream& stream, const BlockRows& rows,
                          BlockScratch& scratch) const;

  TransformerShape shape_;
  kernels::NumberFormat format_;
  kernels::Linear qkv_, out_, fc_, proj_;
};

kernels::ActivationKind activation_kind(Activation activation);

// A linear layer [out, in] after a layer norm, as one: W' = W diag(weight), b' = b + W bias.
struct FoldedLinear {
  Matrix weight;
  Vector bias;
};
FoldedLinear fold_layer_norm(const LayerNormWeights& norm, Matrix weight, const Vector& bias);

}  // namespace qprompt
