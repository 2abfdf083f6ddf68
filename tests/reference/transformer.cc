#include "tests/reference/transformer.h"

namespace qprompt::reference {
namespace {

// qkv [n, 3 width]: each third is one of q, k, v, and each head takes its columns of the third.
Heads head_of(const Matrix& qkv, Index heads, Index head) {
  const Index width = qkv.cols() / 3, d = width / heads;
  return {.q = qkv.middleCols(head * d, d),
          .k = qkv.middleCols(width + head * d, d),
          .v = qkv.middleCols(2 * width + head * d, d)};
}

Matrix multi_head_attention(const Block& block, const Matrix& qkv) {
  const Index d = qkv.cols() / 3 / block.heads;
  Matrix y(qkv.rows(), d * block.heads);
  for (Index h = 0; h < block.heads; ++h) {
    y.middleCols(h * d, d) = attention(head_of(qkv, block.heads, h), block.mask);
  }
  return y;
}

Matrix multi_head_attention_pull_back(const Block& block, const Matrix& qkv, const Matrix& d_y) {
  const Index width = qkv.cols() / 3, d = width / block.heads;
  Matrix d_qkv(qkv.rows(), qkv.cols());
  for (Index h = 0; h < block.heads; ++h) {
    const Heads d_head =
        attention_pull_back(head_of(qkv, block.heads, h), block.mask, d_y.middleCols(h * d, d));
    d_qkv.middleCols(h * d, d) = d_head.q;
    d_qkv.middleCols(width + h * d, d) = d_head.k;
    d_qkv.middleCols(2 * width + h * d, d) = d_head.v;
  }
  return d_qkv;
}

Matrix activate(const Block& block, const Matrix& x) {
  return block.activation == Activation::kQuickGelu ? quick_gelu(x) : gelu(x);
}

Matrix activate_pull_back(const Block& block, const Matrix& x, const Matrix& d_y) {
  return block.activation == Activation::kQuickGelu ? quick_gelu_pull_back(x, d_y)
                                                    : gelu_pull_back(x, d_y);
}

Matrix attention_branch(const Block& block, const Matrix& x) {
  const Matrix qkv = linear(block.qkv, layer_norm(block.ln_1, x));
  return linear(block.out, multi_head_attention(block, qkv));
}

Matrix attention_branch_pull_back(const Block& block, const Matrix& x, const Matrix& d_y) {
  const Matrix qkv = linear(block.qkv, layer_norm(block.ln_1, x));
  const Matrix d_attended = linear_pull_back(block.out, d_y);
  const Matrix d_qkv = multi_head_attention_pull_back(block, qkv, d_attended);
  return layer_norm_pull_back(block.ln_1, x, linear_pull_back(block.qkv, d_qkv));
}

Matrix mlp_branch(const Block& block, const Matrix& x) {
  return linear(block.proj, activate(block, linear(block.fc, layer_norm(block.ln_2, x))));
}

Matrix mlp_branch_pull_back(const Block& block, const Matrix& x, const Matrix& d_y) {
  const Matrix hidden = linear(block.fc, layer_norm(block.ln_2, x));
  const Matrix d_hidden = activate_pull_back(block, hidden, linear_pull_back(block.proj, d_y));
  return layer_norm_pull_back(block.ln_2, x, linear_pull_back(block.fc, d_hidden));
}

// What each block reads: x with its deep prompts in place. The last entry is the output.
std::vector<Matrix> block_inputs(const std::vector<Block>& blocks, Matrix x,
                                 const DeepPrompts& deep) {
  std::vector<Matrix> inputs;
  for (std::size_t l = 0; l < blocks.size(); ++l) {
    if (l >= 1 && l <= deep.rows.size()) {
      x.middleRows(deep.first, deep.rows[l - 1].rows()) = deep.rows[l - 1];
    }
    inputs.push_back(x);
    x = forward(blocks[l], x);
  }
  inputs.push_back(x);
  return inputs;
}

}  // namespace

LayerNorm in_double(const LayerNormWeights& norm, double eps) {
  return {norm.weight.transpose().cast<double>(), norm.bias.transpose().cast<double>(), eps};
}

Linear in_double(const qprompt::Matrix& weight, const Vector& bias) {
  return {weight.cast<double>(), bias.transpose().cast<double>()};
}

Block in_double(const BlockWeights& weights, const TransformerShape& shape, Mask mask) {
  return {.ln_1 = in_double(weights.ln_1, shape.layer_norm_eps),
          .ln_2 = in_double(weights.ln_2, shape.layer_norm_eps),
          .qkv = in_double(weights.qkv, weights.qkv_bias),
          .out = in_double(weights.out, weights.out_bias),
          .fc = in_double(weights.fc, weights.fc_bias),
          .proj = in_double(weights.proj, weights.proj_bias),
          .heads = shape.heads,
          .mask = mask,
          .activation = shape.activation};
}

Matrix forward(const Block& block, const Matrix& x) {
  const Matrix middle = x + attention_branch(block, x);
  return middle + mlp_branch(block, middle);
}

Matrix pull_back(const Block& block, const Matrix& x, const Matrix& d_y) {
  const Matrix middle = x + attention_branch(block, x);
  const Matrix d_middle = d_y + mlp_branch_pull_back(block, middle, d_y);
  return d_middle + attention_branch_pull_back(block, x, d_middle);
}

Matrix forward(const std::vector<Block>& blocks, const Matrix& x, const DeepPrompts& deep) {
  return block_inputs(blocks, x, deep).back();
}

TransformerGradient pull_back(const std::vector<Block>& blocks, const Matrix& x,
                              const DeepPrompts& deep, const Matrix& d_y) {
  const std::vector<Matrix> inputs = block_inputs(blocks, x, deep);
  TransformerGradient gradient{.x = d_y, .deep = std::vector<Matrix>(deep.rows.size())};
  for (std::size_t l = blocks.size(); l-- > 0;) {
    gradient.x = pull_back(blocks[l], inputs[l], gradient.x);
    if (l >= 1 && l <= deep.rows.size()) {
      auto overwritten = gradient.x.middleRows(deep.first, deep.rows[l - 1].rows());
      gradient.deep[l - 1] = overwritten;
      overwritten.setZero();
    }
  }
  return gradient;
}

}  // namespace qprompt::reference
