#pragma once

#include <memory>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/rounds.h"
#include "qprompt/clip/text_layout.h"
#include "qprompt/clip/transformer.h"
#include "qprompt/core/ranks.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

class TextPass;

// Memory of text passes, one pass at a time. Reuse it: buffers grow to the largest pass and stay.
struct TextWorkspace {
  explicit TextWorkspace(const kernels::Device& device) : transformer(device) {}

  TransformerWorkspace transformer;
  // Bytes that activations kept for the pull-back may take. Class lists that need more are worked
  // through in rounds (rounds.h).
  std::size_t trace_budget = std::size_t{224} << 20;
  // Counts what was worked through here: activations of the last one remain.
  std::uint64_t runs = 0;
};

// A layout's rows as the tower reads them: frozen embeddings with their positions, and the places
// where learned rows are added. Made once for a class list, read by every pass.
struct EmbeddedTexts {
  struct Learned {
    Index row;    // of `shared`, or of `own`
    Index index;  // of TextPrompts::rows
  };

  Index classes() const { return static_cast<Index>(begin.size()) - 1; }
  Index own_rows(Index c) const { return begin[c + 1] - begin[c]; }

  Matrix shared;             // [shared rows, width]; positions alone where a row is learned
  Matrix own;                // [own rows of all classes, width]
  std::vector<Index> begin;  // own rows of class c: [begin[c], begin[c + 1])
  std::vector<Learned> learned_shared, learned_own;  // by their rows
};

// These texts of some of the classes; all of them where that is the part.
std::shared_ptr<const EmbeddedTexts> part_of(std::shared_ptr<const EmbeddedTexts> texts,
                                             Part classes);

// The frozen text tower. Const: one tower serves any number of prompts and callers, each pass that
// keeps something with a workspace of its own. Rows behind EOT are never computed; shared rows are
// computed once. Passes run on the device's thread, one after another.
class TextTower {
 public:
  TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
            kernels::Differentiable differentiable, Packing packing = Packing::kAtOnce);

  Index width() const { return transformer_.shape().width; }
  Index layers() const { return transformer_.shape().layers; }
  Index context_length() const { return positions_.rows(); }

  // Throws Error for a class without rows of its own, or with more rows than the context has.
  std::shared_ptr<const EmbeddedTexts> embed(const TextLayout& layout) const;

  // Features [n_cls, embed], not normalised, of the classes of `texts` with `prompts` in place. The
  // pass borrows tower and workspace.
  TextPass forward(std::shared_ptr<const EmbeddedTexts> texts, const TextPrompts& prompts,
                   TextWorkspace& workspace, Keep keep) const;
  TextPass forward(const TextLayout& layout, const TextPrompts& prompts, TextWorkspace& workspace,
                   Keep keep) const;

 private:
  friend class TextPass;

  TextTower(const Checkpoint& checkpoint, const kernels::Device& device,
            kernels::Differentiable differentiable, Packing packing, const TextStem& stem);
  std::vector<Index> own_begins(const TextLayout& layout) const;

  Checkpoint checkpoint_;  // for token embeddings, which stay where they are
  kernels::Device device_;
  Matrix positions_;  // [context_length, width]
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
    Part classes;
    BlockRows rows;
  };

  TextPass(const TextTower& tower, std::shared_ptr<const EmbeddedTexts> texts,
           const TextPrompts& prompts, TextWorkspace& workspace, Keep keep);
  void require_fit() const;
  Index rows_at_a_time() const;
  void cut_classes();
  void run(const Chunk& chunk, Keep keep);
  Matrix rows_of(const Chunk& chunk) const;
  TextPrompts zero_prompts() const;
  void pull_back(const Chunk& chunk, const Matrix& d_features, TextPrompts& d_prompts) const;
  // visit(row of the chunk, row of TextPrompts::rows) for every learned row; shared ones alone
  // where the classes' own rows hold none.
  template <typename Visit>
  void for_each_learned(const Chunk& chunk, const Visit& visit) const;

  const TextTower* tower_;
  TextWorkspace* workspace_;
  std::shared_ptr<const EmbeddedTexts> texts_;
  TextPrompts prompts_;
  Keep keep_;
  std::vector<Index> overwritten_;  // the shared learned rows, which deep prompts overwrite
  std::vector<Chunk> chunks_;
  Rounds rounds_;
  Matrix features_;
};

}  // namespace qprompt
