#pragma once

// How attention.cc cuts its work: tasks, the segments of a task, and a task's local memory.

#include <algorithm>
#include <utility>

#include "qprompt/kernels/attention.h"

namespace qprompt::kernels {

// Rows of local memory are padded so that two vectors of the widest instruction set fit evenly.
inline constexpr Index kPadding = 32;
inline constexpr Index kTile = 16;  // queries at a time: their scores stay in the first cache
inline constexpr Index kSequencesPerTask = 16;  // share one copy of the shared keys and values

inline Index padded(Index n) { return (n + kPadding - 1) / kPadding * kPadding; }

// One head over a run of sequences [first, last); `shared_rows_ask` instead for the shared rows.
struct AttentionTask {
  const Sequences* sequences;
  Queries queries;
  Index head, head_width, width;
  Index first, last;
  bool shared_rows_ask;
  float* memory;         // of this thread
  float* shared_d_keys;  // [2, shared, head_width]: this task's part of the shared rows' gradients
};

// One sequence within a task: its keys are the shared rows, then rows [begin, begin + own).
struct Segment {
  Index shared, begin, own;
  Index first_query, queries;  // relative to `begin`
  Index first_result;          // row of y
};

inline Segment segment_of(const AttentionTask& task, Index s) {
  const Sequences& sequences = *task.sequences;
  if (task.shared_rows_ask) return {0, 0, sequences.shared, 0, sequences.shared, 0};
  const Index begin = sequences.begin[s], own = sequences.begin[s + 1] - begin;
  switch (task.queries) {
    case Queries::kFirst:
      return {sequences.shared, begin, own, 0, 1, s};
    case Queries::kLast:
      return {sequences.shared, begin, own, own - 1, 1, s};
    case Queries::kAll:
      break;
  }
  return {sequences.shared, begin, own, 0, own, begin};
}

inline Index longest_keys(const Sequences& sequences) {
  Index own = 0;
  for (Index s = 0; s < sequences.count(); ++s) {
    own = std::max(own, sequences.begin[s + 1] - sequences.begin[s]);
  }
  return sequences.shared + own;
}

// Local matrices of one task, in this order; all float32.
struct LocalMemory {
  LocalMemory(float* memory, Index keys, Index head_width)
      : key_stride(padded(keys)), stride(padded(head_width)) {
    auto take = [&memory](Index floats) { return std::exchange(memory, memory + floats); };
    k = take(key_stride * stride);
    v = take(key_stride * stride);
    k_t = take(key_stride * stride);
    v_t = take(key_stride * stride);
    d_k = take(key_stride * stride);
    d_v = take(key_stride * stride);
    q = take(kTile * stride);
    y = take(kTile * stride);
    p = take(kTile * key_stride);
    d_p = take(kTile * key_stride);
  }
  static Index floats(Index keys, Index head_width) {
    return 6 * padded(keys) * padded(head_width) + 2 * kTile * (padded(head_width) + padded(keys));
  }

  Index key_stride, stride;
  float *k, *v;      // [keys, head_width]
  float *k_t, *v_t;  // [head_width, keys]
  float *d_k, *d_v;  // [keys, head_width]
  float *q, *y;      // [tile, head_width]; y also holds d_y, q also d_q
  float *p, *d_p;    // [tile, keys]
};

}  // namespace qprompt::kernels
