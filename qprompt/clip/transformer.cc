#include "qprompt/clip/transformer.h"

#include <algorithm>

#include "qprompt/kernels/normalize.h"
#include "qprompt/kernels/rows.h"

namespace qprompt {

using kernels::NumberFormat;

namespace {

kernels::Linear pack_projection(const kernels::Device& device, const LayerNormWeights& ln_last,
                                const Matrix& projection, kernels::Differentiable differentiable) {
  const FoldedLinear folded = fold_layer_norm(ln_last, projection.transpose(), Vector());
  return {device, folded.weight, folded.bias, differentiable, NumberFormat::kFloat32};
}

// values [n, width] repeated for every n of the listed rows.
Matrix repeated(const Matrix& values, std::size_t count) {
  return values.replicate(static_cast<Index>(count) / values.rows(), 1);
}

}  // namespace

Transformer::Transformer(const kernels::Device& device, const TransformerShape& shape,
                         const std::function<BlockWeights(Index)>& block,
                         const LayerNormWeights& ln_last, const Matrix& projection,
                         kernels::Differentiable differentiable, Packing packing,
                         kernels::Products products)
    : format_(device.format()),
      shape_(shape),
      blocks_(
          device, shape.layers,
          [=](Index layer) {
            return ResidualBlock(device, block(layer), shape, differentiable, products);
          },
          packing),
      projection_(pack_projection(device, ln_last, projection, differentiable)) {}

std::size_t Transformer::trace_bytes_per_row() const {
  const auto width = static_cast<std::size_t>(shape_.width);
  const auto hidden = static_cast<std::size_t>(shape_.mlp_width);
  const std::size_t per_layer =
      2 * width * sizeof(float) + (3 * width + hidden) * kernels::format_size(format_);
  return per_layer * static_cast<std::size_t>(shape_.layers);
}

void Transformer::require_deep(const std::vector<Matrix>& deep, Index rows) const {
  require(std::ssize(deep) < shape_.layers, "Transformer: ", deep.size(), " deep prompts, ",
          shape_.layers, " layers");
  require(deep.empty() || rows > 0, "Transformer: ", deep.size(), " deep prompts of no rows");
  for (const Matrix& values : deep) {
    require(values.rows() == rows && values.cols() == shape_.width, "Transformer: deep prompt [",
            values.rows(), ", ", values.cols(), "], expected [", rows, ", ", shape_.width, "]");
  }
}

void Transformer::expect_rows(kernels::Stream& stream, Index rows) const {
  constexpr Index kRowsOfReading = 20;  // a weight is multiplied with as many while another is read
  const Index worth = std::max(rows, kRowsOfReading);
  stream.expect_products_of(2.0 * static_cast<double>(worth * shape_.width * shape_.mlp_width));
}

// The first half of a block's ln_1, for an input that no block before it has normalised.
void Transformer::enter(TransformerWorkspace& workspace, BlockTrace& trace) const {
  const Index rows = trace.x.rows();
  trace.statistics_1.resize(rows, 2, NumberFormat::kFloat32);
  workspace.scratch.normal.resize(rows, shape_.width, format_);
  kernels::normalize(workspace.stream, trace.x.view(), shape_.layer_norm_eps,
                     workspace.scratch.normal.view(), trace.statistics_1.view());
}

void Transformer::overwrite(TransformerWorkspace& workspace, BlockTrace& trace,
                            std::span<const Index> rows, const Matrix& values) const {
  kernels::Buffer& staging = workspace.scratch.residual;
  staging.resize(static_cast<Index>(rows.size()), shape_.width, NumberFormat::kFloat32);
  kernels::upload(repeated(values, rows.size()), staging.view());
  kernels::scatter_rows(workspace.stream, staging.view(), rows, trace.x.view());
  enter(workspace, trace);
}

// Moves the gradient of overwritten rows out of the residual stream: what they replaced has none.
void Transformer::take_gradient(TransformerWorkspace& w, std::span<const Index> rows,
                                Matrix& d_values) const {
  const auto count = static_cast<Index>(rows.size());
  kernels::Buffer& staging = w.scratch.residual;
  staging.resize(count, shape_.width, NumberFormat::kFloat32);
  kernels::gather_rows(w.stream, w.scratch.d_x.view(), rows, staging.view());
  const Matrix gradient = kernels::download(staging.view());
  for (Index i = 0; i < count; ++i) d_values.row(i % d_values.rows()) += gradient.row(i);

  kernels::fill_zero(staging.view());
  kernels::scatter_rows(w.stream, staging.view(), rows, w.scratch.d_x.view());
  w.scratch.attended.resize(count, shape_.width, format_);
  kernels::fill_zero(w.scratch.attended.view());
  kernels::scatter_rows(w.stream, w.scratch.attended.view(), rows, w.scratch.d_x_copy.view());
}

Matrix Transformer::forward(TransformerWorkspace& w, const BlockRows& rows,
                            std::span<const Index> overwritten, const DeepRows& deep) const {
  expect_rows(w.stream, rows.sequences.rows());
  const Index all = rows.sequences.rows(), sequences = rows.sequences.count();
  const float eps = shape_.layer_norm_eps;
  enter(w, w.trace(0));
  for (Index layer = 0; layer + 1 < shape_.layers; ++layer) {
    BlockTrace& trace = w.trace(layer);
    BlockTrace& next = w.trace(layer + 1);
    blocks_.at(layer).forward(w.stream, rows, false, trace, w.scratch);
    next.x.resize(all, shape_.width, NumberFormat::kFloat32);
    next.statistics_1.resize(all, 2, NumberFormat::kFloat32);
    kernels::add_normalize(w.stream, trace.middle.view(), w.scratch.branch.view(), eps,
                           next.x.view(), w.scratch.normal.view(), next.statistics_1.view());
    if (const Matrix* values = deep(layer + 1)) overwrite(w, next, overwritten, *values);
  }
  BlockTrace& last = w.trace(shape_.layers - 1);
  blocks_.at(shape_.layers - 1).forward(w.stream, rows, true, last, w.scratch);
  w.read.resize(sequences, shape_.width, NumberFormat::kFloat32);
  w.read_normal.resize(sequences, shape_.width, NumberFormat::kFloat32);
  w.read_statistics.resize(sequences, 2, NumberFormat::kFloat32);
  kernels::add_normalize(w.stream, last.middle.view(), w.scratch.branch.view(), eps, w.read.view(),
                         w.read_normal.view(), w.read_statistics.view());
  w.features.resize(sequences, projection_.outputs(), NumberFormat::kFloat32);
  projection_.forward(w.stream, w.read_normal.view(), w.features.view());
  return kernels::download(w.features.view());
}

// The gradient of the rows that are read, through projection and final layer norm, in scratch.d_x.
void Transformer::pull_back_readout(TransformerWorkspace& w, const Matrix& d_features) const {
  const Index sequences = w.read.rows();
  require(d_features.rows() == sequences && d_features.cols() == projection_.outputs(),
          "Transformer::pull_back: d_features [", d_features.rows(), ", ", d_features.cols(),
          "], expected [", sequences, ", ", projection_.outputs(), "]");
  kernels::upload(d_features, w.features.view());
  projection_.pull_back(w.stream, w.features.view(), w.read_normal.view());
  w.scratch.d_x.resize(sequences, shape_.width, NumberFormat::kFloat32);
  w.scratch.d_x_copy.resize(sequences, shape_.width, format_);
  kernels::fill_zero(w.scratch.d_x.view());
  kernels::normalize_pull_back(w.stream, w.read.view(), w.read_statistics.view(),
                               w.read_normal.view(), w.scratch.d_x.view(),
                               w.scratch.d_x_copy.view());
}

Matrix Transformer::pull_back(TransformerWorkspace& w, const BlockRows& rows,
                              const Matrix& d_features, std::span<const Index> overwritten,
                              std::span<const Index> needed_rows,
                              const std::function<Matrix*(Index layer)>& d_deep) const {
  require(w.keep == Keep::kForPullBack, "Transformer::pull_back: the pass kept nothing");
  expect_rows(w.stream, rows.sequences.rows());
  pull_back_readout(w, d_features);
  for (Index layer = shape_.layers - 1; layer > 0; --layer) {
    blocks_.at(layer).pull_back(w.stream, rows, layer + 1 == shape_.layers, w.trace(layer),
                                w.scratch);
    if (Matrix* d_values = d_deep(layer)) take_gradient(w, overwritten, *d_values);
  }
  blocks_.at(0).pull_back_to(w.stream, rows, shape_.layers == 1, needed_rows, w.trace(0),
                             w.scratch);
  return kernels::download(w.scratch.d_x.view());
}

}  // namespace qprompt
