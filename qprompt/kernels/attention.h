#pragma once

#include <vector>

#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// Rows of one pass: `shared` rows that every sequence begins with, computed once, then each
// sequence's own rows. Row i of a causal sequence attends to all shared rows and to its own rows up
// to itself; a shared row attends to the shared rows up to itself. Without `causal` every row
// attends to all.
struct Sequences {
  Index shared = 0;
  std::vector<Index> begin;  // own rows of sequence s: [begin[s], begin[s + 1]); begin[0] == shared
  bool causal = true;

  Index count() const { return static_cast<Index>(begin.size()) - 1; }
  Index rows() const { return begin.back(); }
};

// Which rows ask: all of them, or one of each sequence (then results have a row per sequence, and
// the shared rows do not ask). Only the class token or the EOT row is read after a tower's last
// block.
enum class Queries { kAll, kFirst, kLast };

// y = softmax(q k^T) v for each head and sequence. qkv [rows, 3 width], queries already scaled by
// 1/sqrt(head width); y [rows or sequences, width] of the same format.
void attention(Stream& stream, const Sequences& sequences, Index heads, Queries queries,
               ConstView qkv, View y);

// d_qkv [rows, 3 width] from d_y. Probabilities are computed again rather than kept.
void attention_pull_back(Stream& stream, const Sequences& sequences, Index heads, Queries queries,
                         ConstView qkv, ConstView d_y, View d_qkv);

}  // namespace qprompt::kernels
