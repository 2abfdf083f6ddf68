#include "qprompt/clip/residual_block.h"

#include <cmath>
#include <utility>

#include "qprompt/kernels/normalize.h"
#include "qprompt/kernels/rows.h"

namespace qprompt {

using kernels::Differentiable;
using kernels::NumberFormat;
using kernels::Queries;
using kernels::Stream;

kernels::ActivationKind activation_kind(Activation activation) {
  return activation == Activation::kQuickGelu ? kernels::ActivationKind::kQuickGelu
                                              : kernels::ActivationKind::kGelu;
}

FoldedLinear fold_layer_norm(const LayerNormWeights& norm, Matrix weight, const Vector& bias) {
  Vector shift = weight * norm.bias;
  if (bias.size() > 0) shift += bias;
  weight.array().rowwise() *= norm.weight.transpose().array();
  return {std::move(weight), std::move(shift)};
}

namespace {

// softmax(q k^T / sqrt(head width)): the scale goes into the queries.
FoldedLinear fold_query_scale(FoldedLinear qkv, const TransformerShape& shape) {
  const Index head_width = shape.width / shape.heads;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_width));
  qkv.weight.topRows(shape.width) *= scale;
  qkv.bias.head(shape.width) *= scale;
  return qkv;
}

}  // namespace

// How a block's layers are packed.
struct ResidualBlock::Packing {
  const kernels::Device& device;
  Differentiable differentiable;
  kernels::Products products;

  kernels::Linear operator()(const FoldedLinear& linear) const {
    return {device, linear.weight, linear.bias, differentiable, device.format(), products};
  }
};

ResidualBlock::ResidualBlock(const kernels::Device& device, BlockWeights w,
                             const TransformerShape& shape, Differentiable differentiable,
                             kernels::Products products)
    : ResidualBlock(Packing{device, differentiable, products}, std::move(w), shape) {}

ResidualBlock::ResidualBlock(const Packing& pack, BlockWeights w, const TransformerShape& shape)
    : shape_(shape),
      format_(pack.device.format()),
      qkv_(pack(fold_query_scale(fold_layer_norm(w.ln_1, std::move(w.qkv), w.qkv_bias), shape))),
      out_(pack({std::move(w.out), w.out_bias})),
      fc_(pack(fold_layer_norm(w.ln_2, std::move(w.fc), w.fc_bias))),
      proj_(pack({std::move(w.proj), w.proj_bias})) {}

void ResidualBlock::forward(Stream& stream, const BlockRows& rows, bool last, BlockTrace& trace,
                            BlockScratch& scratch) const {
  const Index all = rows.sequences.rows();
  const Index asking = last ? rows.sequences.count() : all;
  trace.qkv.resize(all, 3 * shape_.width, format_);
  qkv_.forward(stream, scratch.normal.view(), trace.qkv.view());

  scratch.attended.resize(asking, shape_.width, format_);
  kernels::attention(stream, rows.sequences, shape_.heads, last ? rows.last_queries : Queries::kAll,
                     trace.qkv.view(), scratch.attended.view());
  scratch.branch.resize(asking, shape_.width, NumberFormat::kFloat32);
  out_.forward(stream, scratch.attended.view(), scratch.branch.view());

  kernels::ConstView residual = trace.x.view();
  if (last) {
    scratch.residual.resize(asking, shape_.width, NumberFormat::kFloat32);
    kernels::gather_rows(stream, trace.x.view(), rows.read_rows, scratch.residual.view());
    residual = scratch.residual.view();
  }
  trace.middle.resize(asking, shape_.width, NumberFormat::kFloat32);
  trace.statistics_2.resize(asking, 2, NumberFormat::kFloat32);
  scratch.normal.resize(asking, shape_.width, format_);
  kernels::add_normalize(stream, residual, scratch.branch.view(), shape_.layer_norm_eps,
                         trace.middle.view(), scratch.normal.view(), trace.statistics_2.view());

  trace.hidden.resize(asking, shape_.mlp_width, format_);
  fc_.forward(stream, scratch.normal.view(), trace.hidden.view());
  scratch.hidden.resize(asking, shape_.mlp_width, format_);
  kernels::activate(stream, activation_kind(shape_.activation), trace.hidden.view(),
                    scratch.hidden.view());
  proj_.forward(stream, scratch.hidden.view(), scratch.branch.view());
}

// d_x to the gradient after attention's residual branch, and d_qkv.
void ResidualBlock::pull_back_to_qkv(Stream& stream, const BlockRows& rows, bool last,
                                     const BlockTrace& trace, BlockScratch& scratch) const {
  const Index all = rows.sequences.rows();
  const Index asking = last ? rows.sequences.count() : all;
  scratch.hidden.resize(asking, shape_.mlp_width, format_);
  proj_.pull_back(stream, scratch.d_x_copy.view(), scratch.hidden.view());
  kernels::activate_pull_back(stream, activation_kind(shape_.activation), trace.hidden.view(),
                              scratch.hidden.view(), scratch.hidden.view());
  scratch.normal.resize(asking, shape_.width, format_);
  fc_.pull_back(stream, scratch.hidden.view(), scratch.normal.view());
  kernels::normalize_pull_back(stream, trace.middle.view(), trace.statistics_2.view(),
                               scratch.normal.view(), scratch.d_x.view(), scratch.d_x_copy.view());

  scratch.attended.resize(asking, shape_.width, format_);
  out_.pull_back(stream, scratch.d_x_copy.view(), scratch.attended.view());
  scratch.d_qkv.resize(all, 3 * shape_.width, format_);
  kernels::attention_pull_back(stream, rows.sequences, shape_.heads,
                               last ? rows.last_queries : Queries::kAll, trace.qkv.view(),
                               scratch.attended.view(), scratch.d_qkv.view());
  if (last) spread_to_all_rows(stream, rows, scratch);
}

void ResidualBlock::pull_back(Stream& stream, const BlockRows& rows, bool last,
                              const BlockTrace& trace, BlockScratch& scratch) const {
  pull_back_to_qkv(stream, rows, last, trace, scratch);
  scratch.normal.resize(rows.sequences.rows(), shape_.width, format_);
  qkv_.pull_back(stream, scratch.d_qkv.view(), scratch.normal.view());
  kernels::normalize_pull_back(stream, trace.x.view(), trace.statistics_1.view(),
                               scratch.normal.view(), scratch.d_x.view(), scratch.d_x_copy.view());
}

void ResidualBlock::pull_back_to(Stream& stream, const BlockRows& rows, bool last,
                                 std::span<const Index> needed_rows, const BlockTrace& trace,
                                 BlockScratch& scratch) const {
  if (std::ssize(needed_rows) == rows.sequences.rows()) {
    pull_back(stream, rows, last, trace, scratch);
    return;
  }
  pull_back_to_qkv(stream, rows, last, trace, scratch);
  const auto gather = [&](const kernels::Buffer& source, kernels::Buffer& destination) {
    destination.resize(std::ssize(needed_rows), source.cols(), source.format());
    kernels::gather_rows(stream, source.view(), needed_rows, destination.view());
  };
  gather(trace.x, scratch.needed.x);
  gather(trace.statistics_1, scratch.needed.statistics);
  gather(scratch.d_qkv, scratch.needed.d_qkv);
  gather(scratch.d_x, scratch.needed.d_x);
  std::swap(scratch.d_x, scratch.needed.d_x);
  scratch.d_x_copy.resize(std::ssize(needed_rows), shape_.width, format_);
  scratch.normal.resize(std::ssize(needed_rows), shape_.width, format_);
  qkv_.pull_back(stream, scratch.needed.d_qkv.view(), scratch.normal.view());
  kernels::normalize_pull_back(stream, scratch.needed.x.view(), scratch.needed.statistics.view(),
                               scratch.normal.view(), scratch.d_x.view(), scratch.d_x_copy.view());
}

void ResidualBlock::spread_to_all_rows(Stream& stream, const BlockRows& rows,
                                       BlockScratch& scratch) const {
  std::swap(scratch.d_x, scratch.d_asking);
  scratch.d_x.resize(rows.sequences.rows(), shape_.width, NumberFormat::kFloat32);
  scratch.d_x_copy.resize(rows.sequences.rows(), shape_.width, format_);
  kernels::fill_zero(scratch.d_x.view());
  kernels::scatter_rows(stream, scratch.d_asking.view(), rows.read_rows, scratch.d_x.view());
}

}  // namespace qprompt
