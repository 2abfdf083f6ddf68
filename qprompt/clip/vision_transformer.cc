#include "qprompt/clip/vision_transformer.h"

#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/kernels/normalize.h"
#include "qprompt/kernels/patches.h"

namespace qprompt {

using kernels::Differentiable;
using kernels::NumberFormat;

namespace {

// Bytes serve frozen features alone: gradients need the format's own products.
kernels::Products products_of(const kernels::Device& device, Differentiable differentiable) {
  const bool int8 = device.info().int8_images && differentiable == Differentiable::kNo;
  return int8 ? kernels::Products::kInt8 : kernels::Products::kOfFormat;
}

Transformer image_transformer(const Checkpoint& checkpoint, const ImageStem& stem,
                              const kernels::Device& device, Differentiable differentiable,
                              Packing packing) {
  return {device,
          checkpoint.shape().image,
          [checkpoint](Index layer) {
            BlockWeights weights = checkpoint.image_block(layer);
            checkpoint.drop_pages();
            return weights;
          },
          stem.ln_post,
          stem.projection,
          differentiable,
          packing,
          products_of(device, differentiable)};
}

}  // namespace

// The rows of a batch, and those of them that are prompts, image by image.
struct VisionTransformer::Rows {
  BlockRows all;
  std::vector<Index> prompts;
};

VisionTransformer::VisionTransformer(const Checkpoint& checkpoint, const kernels::Device& device,
                                     Differentiable differentiable, Packing packing)
    : VisionTransformer(checkpoint, device, differentiable, packing, checkpoint.image_stem()) {}

VisionTransformer::VisionTransformer(const Checkpoint& checkpoint, const kernels::Device& device,
                                     Differentiable differentiable, Packing packing,
                                     const ImageStem& stem)
    : format_(device.format()),
      patch_(checkpoint.shape().patch),
      grid_(checkpoint.shape().grid),
      class_row_(stem.class_embedding + stem.positions.row(0).transpose()),
      patch_positions_(stem.positions.bottomRows(grid_ * grid_)),
      ln_pre_(stem.ln_pre),
      patch_embedding_(device, stem.patches, stem.patch_bias, Differentiable::kNo, device.format()),
      transformer_(image_transformer(checkpoint, stem, device, differentiable, packing)) {}

void VisionTransformer::require_fit(const VisionPrompts& prompts) const {
  const Index n = prompts.tokens.rows();
  require(n == 0 || prompts.tokens.cols() == width(), "ImageTower: prompts [", n, ", ",
          prompts.tokens.cols(), "], expected width ", width());
  transformer_.require_deep(prompts.deep, n);
}

std::size_t VisionTransformer::trace_bytes(const VisionPrompts& prompts) const {
  return static_cast<std::size_t>(tokens_of(prompts)) * transformer_.trace_bytes_per_row();
}

Index VisionTransformer::tokens_of(const VisionPrompts& prompts) const {
  return 1 + grid_ * grid_ + prompts.tokens.rows();
}

VisionTransformer::Rows VisionTransformer::rows_of(Index images,
                                                   const VisionPrompts& prompts) const {
  const Index tokens = tokens_of(prompts);
  Rows rows;
  rows.all.last_queries = kernels::Queries::kFirst;
  rows.all.sequences.causal = false;
  rows.all.sequences.begin.push_back(0);
  for (Index i = 0; i < images; ++i) {
    const Index begin = i * tokens, end = begin + tokens;
    rows.all.sequences.begin.push_back(end);
    rows.all.read_rows.push_back(begin);
    for (Index r = end - prompts.tokens.rows(); r < end; ++r) rows.prompts.push_back(r);
  }
  return rows;
}

// Patches, positions and prompts through ln_pre into the first block's input.
void VisionTransformer::embed(const Matrix& images, const Matrix& prompt_tokens,
                              ImageWorkspace& w) const {
  kernels::Stream& stream = w.transformer.stream;
  const Index patches = images.rows() * grid_ * grid_;
  const Index rows = patches + images.rows() * (1 + prompt_tokens.rows());
  transformer_.expect_rows(stream, rows);
  w.patches.resize(patches, 3 * patch_ * patch_, format_);
  kernels::extract_patches(stream, images, image_size(), patch_, w.patches.view());
  w.patch_rows.resize(patches, width(), NumberFormat::kFloat32);
  patch_embedding_.forward(stream, w.patches.view(), w.patch_rows.view());
  w.assembled.resize(rows, width(), NumberFormat::kFloat32);
  kernels::assemble_image_rows(stream, class_row_, w.patch_rows.view(), patch_positions_,
                               prompt_tokens, w.assembled.view());

  kernels::Buffer& x = w.transformer.trace(0).x;
  if (ln_pre_.weight.size() == 0) {
    std::swap(x, w.assembled);
    return;
  }
  x.resize(rows, width(), NumberFormat::kFloat32);
  w.statistics.resize(rows, 2, NumberFormat::kFloat32);
  kernels::normalize(stream, w.assembled.view(), transformer_.shape().layer_norm_eps, x.view(),
                     w.statistics.view());
  kernels::scale_shift(stream, ln_pre_.weight, ln_pre_.bias, x.view());
}

// The gradient of prompt tokens from that of ln_pre's output. They are the same for every image, so
// that their gradients are added up first.
Matrix VisionTransformer::ln_pre_pull_back(const Matrix& prompt_tokens, const Matrix& d_normed,
                                           ImageWorkspace& w) const {
  if (ln_pre_.weight.size() == 0) return d_normed;
  const Index n = prompt_tokens.rows();
  kernels::Buffer x, normal, d_x, d_x_copy;
  for (kernels::Buffer* buffer : {&x, &normal, &d_x, &d_x_copy}) {
    buffer->resize(n, width(), NumberFormat::kFloat32);
  }
  w.statistics.resize(n, 2, NumberFormat::kFloat32);
  kernels::Stream& stream = w.transformer.stream;
  kernels::upload(prompt_tokens, x.view());
  kernels::normalize(stream, x.view(), transformer_.shape().layer_norm_eps, normal.view(),
                     w.statistics.view());
  kernels::upload(d_normed * ln_pre_.weight.asDiagonal(), normal.view());
  kernels::fill_zero(d_x.view());
  kernels::normalize_pull_back(stream, x.view(), w.statistics.view(), normal.view(), d_x.view(),
                               d_x_copy.view());
  return kernels::download(d_x.view());
}

Matrix VisionTransformer::forward(const Matrix& images, const VisionPrompts& prompts,
                                  ImageWorkspace& workspace, Keep keep) const {
  const Rows rows = rows_of(images.rows(), prompts);
  workspace.transformer.begin(keep, layers());
  embed(images, prompts.tokens, workspace);
  return transformer_.forward(workspace.transformer, rows.all, rows.prompts,
                              [&](Index layer) { return deep_at(prompts.deep, layer); });
}

void VisionTransformer::pull_back(const VisionPrompts& prompts, const Matrix& d_features,
                                  ImageWorkspace& workspace, VisionPrompts& d_prompts) const {
  const Rows rows = rows_of(d_features.rows(), prompts);
  const Matrix d_rows =
      transformer_.pull_back(workspace.transformer, rows.all, d_features, rows.prompts,
                             rows.prompts, [&](Index l) { return deep_at(d_prompts.deep, l); });
  const Index n = prompts.tokens.rows();
  Matrix d_normed = Matrix::Zero(n, width());
  for (Index i = 0; i < d_features.rows(); ++i) d_normed += d_rows.middleRows(i * n, n);
  d_prompts.tokens += ln_pre_pull_back(prompts.tokens, d_normed, workspace);
}

}  // namespace qprompt
