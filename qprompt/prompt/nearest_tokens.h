#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

struct NearToken {
  int id = 0;
  std::string text;
  double distance = 0;
};

// What learned vectors [n, text width] resemble: for each the `count` vocabulary tokens whose
// embeddings have the smallest Euclidean distance, nearest first (CoOp's interpret_prompt.py).
std::vector<std::vector<NearToken>> nearest_tokens(const Model& model, const Matrix& vectors,
                                                   int count);

}  // namespace qprompt
