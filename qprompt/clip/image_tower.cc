#include "qprompt/clip/image_tower.h"

#include "qprompt/kernels/normalize.h"
#include "qprompt/kernels/patches.h"

namespace qprompt {

using kernels::Differentiable;
using kernels::NumberFormat;

namespace {

Transformer image_transformer(const Checkpoint& checkpoint, const ImageStem& stem,
                              const kernels::Device& device) {
  return {device,
          checkpoint.shape().image,
          [&](Index layer) {
            BlockWeights weights = checkpoint.image_block(layer);
            checkpoint.drop_pages();
            return weights;
          },
          stem.ln_post,
          stem.projection,
          Differentiable::kNo};
}

}  // namespace

ImageTower::ImageTower(const Checkpoint& checkpoint, const kernels::Device& device)
    : ImageTower(checkpoint, device, checkpoint.image_stem()) {}

ImageTower::ImageTower(const Checkpoint& checkpoint, const kernels::Device& device,
                       const ImageStem& stem)
    : format_(device.format()),
      patch_(checkpoint.shape().patch),
      grid_(checkpoint.shape().grid),
      class_row_(stem.class_embedding + stem.positions.row(0).transpose()),
      patch_positions_(stem.positions.bottomRows(grid_ * grid_)),
      ln_pre_(stem.ln_pre),
      patch_embedding_(device, stem.patches, Vector(), Differentiable::kNo, device.format()),
      transformer_(image_transformer(checkpoint, stem, device)) {}

BlockRows ImageTower::rows_of(Index images, Index prompt_tokens) const {
  const Index tokens = 1 + grid_ * grid_ + prompt_tokens;
  BlockRows rows;
  rows.last_queries = kernels::Queries::kFirst;
  rows.sequences.causal = false;
  for (Index i = 0; i <= images; ++i) rows.sequences.begin.push_back(i * tokens);
  for (Index i = 0; i < images; ++i) rows.read_rows.push_back(i * tokens);
  return rows;
}

// Patches, positions and prompts through ln_pre into the first block's input.
void ImageTower::embed(const Matrix& images, const Matrix& prompt_tokens, ImageWorkspace& w) const {
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
  x.resize(rows, width(), NumberFormat::kFloat32);
  w.statistics.resize(rows, 2, NumberFormat::kFloat32);
  kernels::normalize(stream, w.assembled.view(), transformer_.shape().layer_norm_eps, x.view(),
                     w.statistics.view());
  kernels::scale_shift(stream, ln_pre_.weight, ln_pre_.bias, x.view());
}

Matrix ImageTower::forward(const Matrix& images, const VisionPrompts& prompts,
                           ImageWorkspace& workspace) const {
  require(images.cols() == 3 * image_size() * image_size(), "ImageTower: images of ", images.cols(),
          " values, expected 3 x ", image_size(), " x ", image_size());
  const Index prompt_tokens = prompts.tokens.rows();
  require(prompt_tokens == 0 || prompts.tokens.cols() == width(), "ImageTower: prompts [",
          prompt_tokens, ", ", prompts.tokens.cols(), "], expected width ", width());
  transformer_.require_deep(prompts.deep, prompt_tokens);
  if (images.rows() == 0) return Matrix(0, transformer_.embed());
  const BlockRows rows = rows_of(images.rows(), prompt_tokens);
  std::vector<Index> prompt_rows;
  for (Index i = 0; i < images.rows(); ++i) {
    for (Index p = 0; p < prompt_tokens; ++p) {
      prompt_rows.push_back(rows.sequences.begin[i + 1] - prompt_tokens + p);
    }
  }
  workspace.transformer.begin(Keep::kNothing, transformer_.shape().layers);
  embed(images, prompts.tokens, workspace);
  return transformer_.forward(workspace.transformer, rows, prompt_rows, [&](Index layer) {
    const auto deep = static_cast<std::size_t>(layer - 1);
    return deep < prompts.deep.size() ? &prompts.deep[deep] : nullptr;
  });
}

}  // namespace qprompt
