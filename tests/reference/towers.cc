#include "tests/reference/towers.h"

namespace qprompt::reference {
namespace {

std::vector<Block> blocks_in_double(const std::vector<BlockWeights>& blocks,
                                    const TransformerShape& shape, Mask mask) {
  std::vector<Block> converted;
  for (const BlockWeights& block : blocks) converted.push_back(in_double(block, shape, mask));
  return converted;
}

std::vector<Matrix> zeros_like(const std::vector<Matrix>& matrices) {
  std::vector<Matrix> zeros;
  for (const Matrix& m : matrices) zeros.push_back(Matrix::Zero(m.rows(), m.cols()));
  return zeros;
}

void add_to(std::vector<Matrix>& sums, const std::vector<Matrix>& terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
}

// ln(x[row]) projection: what a tower reads of its last hidden states.
RowVector readout(const Matrix& x, Index row, const LayerNorm& norm, const Matrix& projection) {
  return layer_norm(norm, x.row(row)) * projection;
}

Matrix readout_pull_back(const Matrix& x, Index row, const LayerNorm& norm,
                         const Matrix& projection, const RowVector& d_feature) {
  Matrix d_x = Matrix::Zero(x.rows(), x.cols());
  d_x.row(row) = layer_norm_pull_back(norm, x.row(row), d_feature * projection.transpose());
  return d_x;
}

}  // namespace

TextTower::TextTower(const TextStem& stem, const std::vector<BlockWeights>& blocks,
                     const TransformerShape& shape)
    : blocks_(blocks_in_double(blocks, shape, Mask::kCausal)),
      positions_(stem.positions.cast<double>()),
      ln_final_(in_double(stem.ln_final, shape.layer_norm_eps)),
      projection_(stem.projection.cast<double>()) {}

Matrix TextTower::with_positions(const Matrix& rows) const {
  return rows + positions_.topRows(rows.rows());
}

Matrix TextTower::forward(const TextInput& input) const {
  Matrix features(std::ssize(input.rows), projection_.cols());
  for (std::size_t c = 0; c < input.rows.size(); ++c) {
    const Matrix x = reference::forward(blocks_, with_positions(input.rows[c]), input.deep);
    features.row(c) = readout(x, input.eot[c], ln_final_, projection_);
  }
  return features;
}

TextGradient TextTower::pull_back(const TextInput& input, const Matrix& d_features) const {
  TextGradient sum{.rows = {}, .deep = zeros_like(input.deep.rows)};
  for (std::size_t c = 0; c < input.rows.size(); ++c) {
    const Matrix rows = with_positions(input.rows[c]);
    const Matrix x = reference::forward(blocks_, rows, input.deep);
    const Matrix d_x =
        readout_pull_back(x, input.eot[c], ln_final_, projection_, d_features.row(c));
    TransformerGradient gradient = reference::pull_back(blocks_, rows, input.deep, d_x);
    sum.rows.push_back(std::move(gradient.x));
    add_to(sum.deep, gradient.deep);
  }
  return sum;
}

ImageTower::ImageTower(const ImageStem& stem, const std::vector<BlockWeights>& blocks,
                       const ClipShape& shape)
    : blocks_(blocks_in_double(blocks, shape.image, Mask::kNone)),
      grid_(shape.grid),
      patch_(shape.patch),
      patch_embedding_(in_double(
          stem.patches, shape.patch_bias ? stem.patch_bias : Vector::Zero(shape.image.width))),
      class_embedding_(stem.class_embedding.transpose().cast<double>()),
      positions_(stem.positions.cast<double>()),
      ln_post_(in_double(stem.ln_post, shape.image.layer_norm_eps)),
      projection_(stem.projection.cast<double>()) {
  if (shape.ln_pre) ln_pre_ = in_double(stem.ln_pre, shape.image.layer_norm_eps);
}

Matrix ImageTower::patches_of(const Matrix& image) const {
  const Index size = grid_ * patch_;
  Matrix patches(grid_ * grid_, 3 * patch_ * patch_);
  for (Index p = 0; p < patches.rows(); ++p) {
    const Index top = p / grid_ * patch_, left = p % grid_ * patch_;
    for (Index channel = 0; channel < 3; ++channel) {
      for (Index y = 0; y < patch_; ++y) {
        patches.row(p).segment((channel * patch_ + y) * patch_, patch_) =
            image.row(channel).segment((top + y) * size + left, patch_);
      }
    }
  }
  return patches;
}

// Class token, patches and their positions, then the prompts, which have no position.
Matrix ImageTower::tokens_of(const Matrix& image, const VisionPrompts& prompts) const {
  Matrix tokens(positions_.rows() + prompts.tokens.rows(), positions_.cols());
  tokens.row(0) = class_embedding_;
  tokens.middleRows(1, grid_ * grid_) = linear(patch_embedding_, patches_of(image));
  tokens.topRows(positions_.rows()) += positions_;
  if (prompts.tokens.size() > 0) tokens.bottomRows(prompts.tokens.rows()) = prompts.tokens;
  return tokens;
}

Matrix ImageTower::enter(const Matrix& tokens) const {
  return ln_pre_ ? layer_norm(*ln_pre_, tokens) : tokens;
}

DeepPrompts ImageTower::deep_of(const VisionPrompts& prompts) const {
  return {.first = positions_.rows(), .rows = prompts.deep};
}

Matrix ImageTower::forward(const std::vector<Matrix>& images, const VisionPrompts& prompts) const {
  Matrix features(std::ssize(images), projection_.cols());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Matrix x =
        reference::forward(blocks_, enter(tokens_of(images[i], prompts)), deep_of(prompts));
    features.row(i) = readout(x, 0, ln_post_, projection_);
  }
  return features;
}

VisionPrompts ImageTower::pull_back(const std::vector<Matrix>& images, const VisionPrompts& prompts,
                                    const Matrix& d_features) const {
  const Index n = prompts.tokens.rows();
  const DeepPrompts deep = deep_of(prompts);
  VisionPrompts sum{Matrix::Zero(n, positions_.cols()), zeros_like(prompts.deep)};
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Matrix tokens = tokens_of(images[i], prompts);
    const Matrix normed = enter(tokens);
    const Matrix x = reference::forward(blocks_, normed, deep);
    const Matrix d_x = readout_pull_back(x, 0, ln_post_, projection_, d_features.row(i));
    const TransformerGradient gradient = reference::pull_back(blocks_, normed, deep, d_x);
    const Matrix d_tokens =
        ln_pre_ ? layer_norm_pull_back(*ln_pre_, tokens, gradient.x) : gradient.x;
    sum.tokens += d_tokens.bottomRows(n);
    add_to(sum.deep, gradient.deep);
  }
  return sum;
}

}  // namespace qprompt::reference
