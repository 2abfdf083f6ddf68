#pragma once

#include "qprompt/kernels/attention.h"
#include "tests/reference/mathematics.h"

// Attention over sequences with shared rows, one asking row and one head at a time, in double.
namespace qprompt::kernels {

// qkv [rows, 3 width] -> [rows or sequences, width]
reference::Matrix plain_attention(const Sequences& sequences, Index heads, Queries queries,
                                  const reference::Matrix& qkv);
reference::Matrix plain_attention_pull_back(const Sequences& sequences, Index heads,
                                            Queries queries, const reference::Matrix& qkv,
                                            const reference::Matrix& d_y);

}  // namespace qprompt::kernels
