#pragma once

#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "tests/reference/mathematics.h"

namespace qprompt::reference {

LayerNorm in_double(const LayerNormWeights& norm, double eps);
Linear in_double(const qprompt::Matrix& weight, const Vector& bias);

// x += out(attention(qkv(ln_1(x))));  x += proj(activation(fc(ln_2(x))))
struct Block {
  LayerNorm ln_1, ln_2;
  Linear qkv, out, fc, proj;
  Index heads = 1;
  Mask mask = Mask::kNone;
  Activation activation = Activation::kQuickGelu;
};

Block in_double(const BlockWeights& weights, const TransformerShape& shape, Mask mask);

Matrix forward(const Block& block, const Matrix& x);  // [n, width]
Matrix pull_back(const Block& block, const Matrix& x, const Matrix& d_y);

// Before block l + 1, rows[l] overwrites the rows from `first` on.
struct DeepPrompts {
  Index first = 0;
  std::vector<Matrix> rows;  // [n, width] each
};

struct TransformerGradient {
  Matrix x;
  std::vector<Matrix> deep;
};

Matrix forward(const std::vector<Block>& blocks, const Matrix& x, const DeepPrompts& deep);
TransformerGradient pull_back(const std::vector<Block>& blocks, const Matrix& x,
                              const DeepPrompts& deep, const Matrix& d_y);

}  // namespace qprompt::reference
