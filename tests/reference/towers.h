#pragma once

#include <optional>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "tests/reference/transformer.h"

// Both towers of CLIP in double precision: every class and every image is computed whole and by
// itself. The product's towers, which share and skip work, are compared with these.
namespace qprompt::reference {

struct TextInput {
  std::vector<Matrix> rows;  // per class [n_tokens, width]: embeddings without positions
  std::vector<Index> eot;    // per class: the row that is read
  DeepPrompts deep;          // the same for all classes
};

struct TextGradient {
  std::vector<Matrix> rows;  // as TextInput::rows
  std::vector<Matrix> deep;  // as TextInput::deep.rows, summed over the classes
};

class TextTower {
 public:
  TextTower(const TextStem& stem, const std::vector<BlockWeights>& blocks,
            const TransformerShape& shape);

  Matrix forward(const TextInput& input) const;  // [n_cls, embed], not normalised
  TextGradient pull_back(const TextInput& input, const Matrix& d_features) const;

 private:
  Matrix with_positions(const Matrix& rows) const;

  std::vector<Block> blocks_;
  Matrix positions_;  // [context_length, width]
  LayerNorm ln_final_;
  Matrix projection_;  // [width, embed]
};

// Tokens appended after the patches; deep[l] overwrites them before block l + 1. A gradient has the
// same shape.
struct VisionPrompts {
  Matrix tokens;             // [n, width]
  std::vector<Matrix> deep;  // [n, width] each
};

class ImageTower {
 public:
  ImageTower(const ImageStem& stem, const std::vector<BlockWeights>& blocks,
             const ClipShape& shape);

  // Each image is [3, size * size], normalised, row by row.
  Matrix forward(const std::vector<Matrix>& images, const VisionPrompts& prompts) const;
  VisionPrompts pull_back(const std::vector<Matrix>& images, const VisionPrompts& prompts,
                          const Matrix& d_features) const;

 private:
  Matrix patches_of(const Matrix& image) const;  // [grid * grid, 3 * patch * patch]
  Matrix tokens_of(const Matrix& image, const VisionPrompts& prompts) const;
  Matrix enter(const Matrix& tokens) const;  // through ln_pre, where there is one
  DeepPrompts deep_of(const VisionPrompts& prompts) const;

  std::vector<Block> blocks_;
  Index grid_, patch_;
  Linear patch_embedding_;  // [width, 3 * patch * patch]
  RowVector class_embedding_;
  Matrix positions_;  // [1 + grid * grid, width]
  std::optional<LayerNorm> ln_pre_;
  LayerNorm ln_post_;
  Matrix projection_;  // [width, embed]
};

}  // namespace qprompt::reference
