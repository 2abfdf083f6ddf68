#include "qprompt/clip/text_tower.h"

#include <algorithm>
#include <numeric>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr Index kForwardRows = 4096;  // rows of a pass that keeps nothing: enough for full speed

bool is_learned(const TextRow& row) { return row.source == TextRow::Source::kLearned; }

Transformer text_transformer(const Checkpoint& checkpoint, const TextStem& stem,
                             const kernels::Device& device,
                             kernels::Differentiable differentiable) {
  return {device,
          checkpoint.shape().text,
          [&](Index layer) {
            BlockWeights weights = checkpoint.text_block(layer);
            checkpoint.drop_pages();
            return weights;
          },
          stem.ln_final,
          stem.projection,
          differentiable};
}

}  // namespace

TextTower::TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
                     kernels::Differentiable differentiable)
    : TextTower(checkpoint, device, differentiable, checkpoint.text_stem()) {}

TextTower::TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
                     kernels::Differentiable differentiable, const TextStem& stem)
    : checkpoint_(checkpoint),
      positions_(stem.positions),
      transformer_(text_transformer(checkpoint, stem, device, differentiable)) {}

TextPass TextTower::forward(const TextLayout& layout, const TextPrompts& prompts,
                            TextWorkspace& workspace, Keep keep) const {
  return {*this, layout, prompts, workspace, keep};
}

TextPass::TextPass(const TextTower& tower, const TextLayout& layout, const TextPrompts& prompts,
                   TextWorkspace& workspace, Keep keep)
    : tower_(&tower), workspace_(&workspace), layout_(layout), prompts_(prompts), keep_(keep) {
  for (std::size_t i = 0; i < layout_.shared.size(); ++i) {
    if (is_learned(layout_.shared[i])) overwritten_.push_back(static_cast<Index>(i));
  }
  for (const auto& own : layout_.own) {
    own_rows_learned_ |= std::any_of(own.begin(), own.end(), is_learned);
  }
  require_fit();
  cut_into_chunks();
  // Only a single chunk's activations can stay.
  const Keep now = chunks_.size() == 1 ? keep_ : Keep::kNothing;
  features_.resize(static_cast<Index>(layout_.own.size()), tower.transformer_.embed());
  for (const Chunk& chunk : chunks_) {
    features_.middleRows(chunk.first_class, chunk.classes) = run(chunk, now);
  }
  if (now == Keep::kForPullBack) resident_run_ = workspace_->runs;
}

void TextPass::require_fit() const {
  const Matrix& learned = prompts_.rows;
  require(learned.size() == 0 || learned.cols() == tower_->width(), "TextTower: learned rows [",
          learned.rows(), ", ", learned.cols(), "], expected width ", tower_->width());
  tower_->transformer_.require_deep(prompts_.deep, std::ssize(overwritten_));
  for (const auto& own : layout_.own) {
    require(!own.empty(), "TextTower: a class without rows of its own");
    const auto rows = static_cast<Index>(layout_.shared.size() + own.size());
    require(rows <= tower_->context_length(), "TextTower: a class of ", rows,
            " rows, the context has ", tower_->context_length());
  }
}

void TextPass::cut_into_chunks() {
  const std::size_t per_row = tower_->transformer_.trace_bytes_per_row();
  const auto shared = static_cast<Index>(layout_.shared.size());
  Index total = shared;
  for (const auto& own : layout_.own) total += static_cast<Index>(own.size());
  Index limit = kForwardRows;
  if (keep_ == Keep::kForPullBack) {
    const auto affordable = static_cast<Index>(workspace_->trace_budget / per_row);
    // What does not fit at once gains nothing from large chunks: a third leaves memory to spare.
    limit = total <= affordable ? total : affordable / 3;
  }
  for (std::size_t c = 0; c < layout_.own.size(); ++c) {
    const auto own = static_cast<Index>(layout_.own[c].size());
    if (chunks_.empty() || chunks_.back().rows.sequences.rows() + own > limit) {
      Chunk chunk;
      chunk.first_class = static_cast<Index>(c);
      chunk.rows.sequences = {shared, {shared}, true};
      chunks_.push_back(std::move(chunk));
    }
    Chunk& chunk = chunks_.back();
    chunk.rows.sequences.begin.push_back(chunk.rows.sequences.rows() + own);
    chunk.rows.read_rows.push_back(chunk.rows.sequences.rows() - 1);
    ++chunk.classes;
  }
}

// The rows of a chunk: token embeddings or learned rows, plus positions.
Matrix TextPass::embed(const Chunk& chunk) const {
  const auto shared = static_cast<Index>(layout_.shared.size());
  std::vector<int> tokens;
  Matrix x(chunk.rows.sequences.rows(), tower_->width());
  std::vector<Index> token_rows;
  Index r = 0;
  auto place = [&](const TextRow& row, Index position) {
    if (is_learned(row)) {
      require(row.index < prompts_.rows.rows(), "TextTower: learned row ", row.index, " of ",
              prompts_.rows.rows());
      x.row(r) = prompts_.rows.row(row.index);
    } else {
      tokens.push_back(static_cast<int>(row.index));
      token_rows.push_back(r);
      x.row(r).setZero();
    }
    x.row(r++) += tower_->positions_.row(position);
  };
  for (Index i = 0; i < shared; ++i) place(layout_.shared[i], i);
  for (Index c = 0; c < chunk.classes; ++c) {
    const auto& own = layout_.own[chunk.first_class + c];
    for (std::size_t i = 0; i < own.size(); ++i) place(own[i], shared + static_cast<Index>(i));
  }
  const Matrix embeddings = tower_->checkpoint_.token_embeddings(tokens);
  for (std::size_t i = 0; i < token_rows.size(); ++i) {
    x.row(token_rows[i]) += embeddings.row(static_cast<Index>(i));
  }
  return x;
}

Matrix TextPass::run(const Chunk& chunk, Keep keep) {
  TransformerWorkspace& workspace = workspace_->transformer;
  ++workspace_->runs;
  workspace.begin(keep, tower_->layers());
  kernels::Buffer& x = workspace.trace(0).x;
  x.resize(chunk.rows.sequences.rows(), tower_->width(), kernels::NumberFormat::kFloat32);
  kernels::upload(embed(chunk), x.view());
  return tower_->transformer_.forward(workspace, chunk.rows, overwritten_,
                                      [&](Index layer) { return deep_at(prompts_.deep, layer); });
}

TextPrompts TextPass::pull_back(const Matrix& d_features) {
  require(keep_ == Keep::kForPullBack, "TextPass::pull_back: the pass kept nothing");
  require(d_features.rows() == features_.rows() && d_features.cols() == features_.cols(),
          "TextPass::pull_back: d_features [", d_features.rows(), ", ", d_features.cols(),
          "], expected [", features_.rows(), ", ", features_.cols(), "]");
  TextPrompts d_prompts{Matrix::Zero(prompts_.rows.rows(), prompts_.rows.cols()), {}};
  for (const Matrix& deep : prompts_.deep) {
    d_prompts.deep.push_back(Matrix::Zero(deep.rows(), deep.cols()));
  }
  auto d_deep = [&](Index layer) { return deep_at(d_prompts.deep, layer); };
  for (const Chunk& chunk : chunks_) {
    const bool resident = chunks_.size() == 1 && workspace_->runs == resident_run_;
    if (!resident) run(chunk, Keep::kForPullBack);
    if (chunks_.size() == 1) resident_run_ = workspace_->runs;
    std::vector<Index> needed(own_rows_learned_ ? chunk.rows.sequences.rows()
                                                : std::ssize(layout_.shared));
    std::iota(needed.begin(), needed.end(), Index{0});
    const Matrix d_x = tower_->transformer_.pull_back(
        workspace_->transformer, chunk.rows,
        d_features.middleRows(chunk.first_class, chunk.classes), overwritten_, needed, d_deep);
    add_row_gradients(chunk, d_x, d_prompts);
  }
  return d_prompts;
}

void TextPass::add_row_gradients(const Chunk& chunk, const Matrix& d_x,
                                 TextPrompts& d_prompts) const {
  auto add = [&](const TextRow& row, Index r) {
    if (is_learned(row)) d_prompts.rows.row(row.index) += d_x.row(r);
  };
  Index r = 0;
  for (const TextRow& row : layout_.shared) add(row, r++);
  if (!own_rows_learned_) return;
  for (Index c = 0; c < chunk.classes; ++c) {
    for (const TextRow& row : layout_.own[chunk.first_class + c]) add(row, r++);
  }
}

}  // namespace qprompt
