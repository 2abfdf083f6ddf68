#include "qprompt/clip/text_tower.h"

#include <algorithm>
#include <numeric>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr Index kForwardRows = 4096;  // rows of a pass that keeps nothing: enough for full speed

Transformer text_transformer(const Checkpoint& checkpoint, const TextStem& stem,
                             const kernels::Device& device, kernels::Differentiable differentiable,
                             Packing packing) {
  return {device,
          checkpoint.shape().text,
          [checkpoint](Index layer) {
            BlockWeights weights = checkpoint.text_block(layer);
            checkpoint.drop_pages();
            return weights;
          },
          stem.ln_final,
          stem.projection,
          differentiable,
          packing};
}

Index rows_needed(const EmbeddedTexts& texts) {
  Index rows = 0;
  for (const auto* learned : {&texts.learned_shared, &texts.learned_own}) {
    for (const auto& [row, index] : *learned) rows = std::max(rows, index + 1);
  }
  return rows;
}

}  // namespace

std::shared_ptr<const EmbeddedTexts> part_of(std::shared_ptr<const EmbeddedTexts> texts,
                                             Part classes) {
  if (classes.count == texts->classes()) return texts;
  const Index begin = texts->begin[classes.first];
  const Index end = texts->begin[classes.first + classes.count];
  auto part = std::make_shared<EmbeddedTexts>();
  part->shared = texts->shared;
  part->learned_shared = texts->learned_shared;
  part->own = texts->own.middleRows(begin, end - begin);
  for (Index c = 0; c <= classes.count; ++c) {
    part->begin.push_back(texts->begin[classes.first + c] - begin);
  }
  for (const auto& [row, index] : texts->learned_own) {
    if (row >= begin && row < end) part->learned_own.push_back({row - begin, index});
  }
  return part;
}

TextTower::TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
                     kernels::Differentiable differentiable, Packing packing)
    : TextTower(checkpoint, device, differentiable, packing, checkpoint.text_stem()) {}

TextTower::TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
                     kernels::Differentiable differentiable, Packing packing, const TextStem& stem)
    : checkpoint_(checkpoint),
      device_(device),
      positions_(stem.positions),
      transformer_(text_transformer(checkpoint, stem, device, differentiable, packing)) {}

std::shared_ptr<const EmbeddedTexts> TextTower::embed(const TextLayout& layout) const {
  const auto shared = static_cast<Index>(layout.shared.size());
  auto texts = std::make_shared<EmbeddedTexts>();
  texts->begin = own_begins(layout);
  texts->shared.resize(shared, width());
  texts->own.resize(texts->begin.back(), width());
  std::vector<int> tokens;
  std::vector<std::pair<Matrix*, Index>> places;  // of those tokens
  const auto place = [&](const TextRow& row, Index position, Matrix& x, Index r,
                         std::vector<EmbeddedTexts::Learned>& learned) {
    x.row(r) = positions_.row(position);
    if (row.source == TextRow::Source::kLearned) return learned.push_back({r, row.index});
    tokens.push_back(static_cast<int>(row.index));
    places.emplace_back(&x, r);
  };
  for (Index i = 0; i < shared; ++i) {
    place(layout.shared[i], i, texts->shared, i, texts->learned_shared);
  }
  for (Index c = 0; c < texts->classes(); ++c) {
    for (Index i = 0; i < texts->own_rows(c); ++i) {
      place(layout.own[c][i], shared + i, texts->own, texts->begin[c] + i, texts->learned_own);
    }
  }
  const Matrix embeddings = checkpoint_.token_embeddings(tokens);  // read once
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].first->row(places[i].second) += embeddings.row(static_cast<Index>(i));
  }
  return texts;
}

// Where each class's own rows begin, and the end of the last.
std::vector<Index> TextTower::own_begins(const TextLayout& layout) const {
  std::vector<Index> begins{0};
  for (const auto& own : layout.own) {
    require(!own.empty(), "TextTower: a class without rows of its own");
    const std::size_t rows = layout.shared.size() + own.size();
    require(static_cast<Index>(rows) <= context_length(), "TextTower: a class of ", rows,
            " rows, the context has ", context_length());
    begins.push_back(begins.back() + std::ssize(own));
  }
  return begins;
}

TextPass TextTower::forward(std::shared_ptr<const EmbeddedTexts> texts, const TextPrompts& prompts,
                            TextWorkspace& workspace, Keep keep) const {
  return {*this, std::move(texts), prompts, workspace, keep};
}

TextPass TextTower::forward(const TextLayout& layout, const TextPrompts& prompts,
                            TextWorkspace& workspace, Keep keep) const {
  return forward(embed(layout), prompts, workspace, keep);
}

TextPass::TextPass(const TextTower& tower, std::shared_ptr<const EmbeddedTexts> texts,
                   const TextPrompts& prompts, TextWorkspace& workspace, Keep keep)
    : tower_(&tower),
      workspace_(&workspace),
      texts_(std::move(texts)),
      prompts_(prompts),
      keep_(keep) {
  for (const auto& [row, index] : texts_->learned_shared) overwritten_.push_back(row);
  require_fit();
  cut_classes();
  features_.resize(texts_->classes(), tower.transformer_.embed());
  tower.device_.run([&] {
    rounds_.forward(tower.device_, keep, workspace.runs,
                    [&](Index chunk, Index, Keep now) { run(chunks_[chunk], now); });
  });
}

void TextPass::require_fit() const {
  const Matrix& learned = prompts_.rows;
  require(learned.size() == 0 || learned.cols() == tower_->width(), "TextTower: learned rows [",
          learned.rows(), ", ", learned.cols(), "], expected width ", tower_->width());
  const Index needed = rows_needed(*texts_);
  require(needed <= learned.rows(), "TextTower: learned row ", needed - 1, " of ", learned.rows());
  tower_->transformer_.require_deep(prompts_.deep, std::ssize(overwritten_));
}

// Own rows that memory allows at a time, behind the shared ones; whole classes of mean length, so
// that rounds are alike: for every number of rows there is a set of generated kernels, some 50 MB.
Index TextPass::rows_at_a_time() const {
  Index rows = kForwardRows;
  if (keep_ == Keep::kForPullBack) {
    const std::size_t per_row = tower_->transformer_.trace_bytes_per_row();
    rows = static_cast<Index>(workspace_->trace_budget / per_row);
  }
  if (texts_->classes() == 0) return 1;  // of a rank that has none
  const Index of_class = texts_->own.rows() / texts_->classes();
  return std::max<Index>(1, (rows - texts_->shared.rows()) / of_class * of_class);
}

// Consecutive classes, cut by their own rows.
void TextPass::cut_classes() {
  const Index shared = texts_->shared.rows();
  for (const Part& classes : cut_into_chunks(texts_->begin, rows_at_a_time(), rounds_.at_once)) {
    Chunk& chunk = chunks_.emplace_back(Chunk{classes, {}});
    chunk.rows.sequences = {shared, {shared}, true};
    for (Index c = classes.first; c < classes.first + classes.count; ++c) {
      chunk.rows.sequences.begin.push_back(chunk.rows.sequences.rows() + texts_->own_rows(c));
      chunk.rows.read_rows.push_back(chunk.rows.sequences.rows() - 1);
    }
  }
  rounds_.chunks = std::ssize(chunks_);
}

void TextPass::run(const Chunk& chunk, Keep keep) {
  TransformerWorkspace& workspace = workspace_->transformer;
  workspace.begin(keep, tower_->layers());
  kernels::Buffer& x = workspace.trace(0).x;
  x.resize(chunk.rows.sequences.rows(), tower_->width(), kernels::NumberFormat::kFloat32);
  kernels::upload(rows_of(chunk), x.view());
  keep == Keep::kNothing ? tower_->transformer_.enter() : tower_->transformer_.settle();
  features_.middleRows(chunk.classes.first, chunk.classes.count) =
      tower_->transformer_.forward(workspace, chunk.rows, overwritten_,
                                   [&](Index layer) { return deep_at(prompts_.deep, layer); });
}

template <typename Visit>
void TextPass::for_each_learned(const Chunk& chunk, const Visit& visit) const {
  for (const auto& [row, index] : texts_->learned_shared) visit(row, index);
  const Index begin = texts_->begin[chunk.classes.first];
  const Index end = texts_->begin[chunk.classes.first + chunk.classes.count];
  const auto& own = texts_->learned_own;
  auto learned = std::ranges::lower_bound(own, begin, {}, &EmbeddedTexts::Learned::row);
  for (; learned != own.end() && learned->row < end; ++learned) {
    visit(texts_->shared.rows() + learned->row - begin, learned->index);
  }
}

Matrix TextPass::rows_of(const Chunk& chunk) const {
  Matrix x(chunk.rows.sequences.rows(), tower_->width());
  const Index shared = texts_->shared.rows(), own = x.rows() - shared;
  x.topRows(shared) = texts_->shared;
  x.bottomRows(own) = texts_->own.middleRows(texts_->begin[chunk.classes.first], own);
  for_each_learned(chunk, [&](Index row, Index index) { x.row(row) += prompts_.rows.row(index); });
  return x;
}

TextPrompts TextPass::zero_prompts() const {
  TextPrompts zero{Matrix::Zero(prompts_.rows.rows(), prompts_.rows.cols()), {}};
  for (const Matrix& deep : prompts_.deep) {
    zero.deep.push_back(Matrix::Zero(deep.rows(), deep.cols()));
  }
  return zero;
}

TextPrompts TextPass::pull_back(const Matrix& d_features) {
  require(keep_ == Keep::kForPullBack, "TextPass::pull_back: the pass kept nothing");
  require(d_features.rows() == features_.rows() && d_features.cols() == features_.cols(),
          "TextPass::pull_back: d_features [", d_features.rows(), ", ", d_features.cols(),
          "], expected [", features_.rows(), ", ", features_.cols(), "]");
  TextPrompts d_prompts = zero_prompts();
  tower_->device_.run([&] {
    rounds_.pull_back(
        tower_->device_, workspace_->runs,
        [&](Index chunk, Index, Keep keep) { run(chunks_[chunk], keep); },
        [&](Index chunk, Index) { pull_back(chunks_[chunk], d_features, d_prompts); });
  });
  return d_prompts;
}

// Adds the chunk's part to d_prompts.
void TextPass::pull_back(const Chunk& chunk, const Matrix& d_features,
                         TextPrompts& d_prompts) const {
  std::vector<Index> needed(texts_->learned_own.empty() ? texts_->shared.rows()
                                                        : chunk.rows.sequences.rows());
  std::iota(needed.begin(), needed.end(), Index{0});
  const Matrix d_x = tower_->transformer_.pull_back(
      workspace_->transformer, chunk.rows,
      d_features.middleRows(chunk.classes.first, chunk.classes.count), overwritten_, needed,
      [&](Index layer) { return deep_at(d_prompts.deep, layer); });
  for_each_learned(chunk,
                   [&](Index row, Index index) { d_prompts.rows.row(index) += d_x.row(row); });
}

}  // namespace qprompt
