#pragma once

#include <memory>
#include <vector>

#include "qprompt/clip/checkpoint.h"
#include "qprompt/clip/text_layout.h"
#include "qprompt/clip/transformer.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

class TextPass;

// Memory of text passes, one pass at a time. Reuse it: a pass then allocates nothing.
struct TextWorkspace {
  explicit TextWorkspace(const kernels::Device& device) : transformer(device) {}

  TransformerWorkspace transformer;
  // Bytes that activations kept for the pull-back may take. Class lists that need more are worked
  // through in chunks: features first, then gradients chunk by chunk, activations computed again.
  std::size_t trace_budget = std::size_t{640} << 20;
  std::uint64_t runs =
      0;  // counts what was worked through here: activations of the last one remain
};

// The frozen text tower. Const: one tower serves any number of prompts and threads, each with a
// workspace of its own. Rows behind EOT are never computed; shared rows are computed once.
class TextTower {
 public:
  TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
            kernels::Differentiable differentiable);

  Index width() const { return transformer_.shape().width; }
  Index layers() const { return transformer_.shape().layers; }
  Index context_length() const { return positions_.rows(); }

  // Features [n_cls, embed], not normalised, of the classes of `layout` with `prompts` in place.
  // The pass borrows tower and workspace.
  TextPass forward(const TextLayout& layout, const TextPrompts& prompts, TextWorkspace& workspace,
                   Keep keep) const;

 private:
  friend class TextPass;

  TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
            kernels::Differentiable differentiable, const TextStem& stem);

  Checkpoint checkpoint_;  // for token embeddings, which stay where they are
  Matrix positions_;       // [context_length, width]
  Transformer transformer_;
};

// One forward pass over all classes.
class TextPass {
 public:
  const Matrix& features() const { return features_; }  // [n_cls, embed], not normalised

  // Vector-Jacobian product: the gradient of the prompts from that of the features. May be asked
  // more than once. Only for passes that kept their activations.
  TextPrompts pull_back(const Matrix& d_features);

 private:
  friend class TextTower;
  struct Chunk {
    Index first_class = 0, classes = 0;
    BlockRows rows;
  };

  TextPass(const TextTower& tower, const TextLayout& layout, const TextPrompts& prompts,
           TextWorkspace& workspace, Keep keep);
  void require_fit() const;
  void cut_into_chunks();
  Matrix run(const Chunk& chunk, Keep keep);
  Matrix embed(const Chunk& chunk) const;
  void add_row_gradients(const Chunk& chunk, const Matrix& d_x, TextPrompts& d_prompts) const;

  const TextTower* tower_;
  TextWorkspace* workspace_;
  TextLayout layout_;
  TextPrompts prompts_;
  Keep keep_;
  std::vector<Index> overwritten_;  // the shared learned rows, which deep prompts overwrite
  bool own_rows_learned_ = false;
  std::vector<Chunk> chunks_;
  std::uint64_t resident_run_ =
      0;  // the workspace's run that holds this pass's activations, if any
  Matrix features_;
};

}  // namespace qprompt
