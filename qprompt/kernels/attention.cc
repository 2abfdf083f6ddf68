#include "qprompt/kernels/attention.h"

#include <algorithm>
#include <limits>

#include "qprompt/kernels/attention_task.h"
#include "qprompt/kernels/onednn.h"
#include "qprompt/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "qprompt/kernels/attention.cc"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>

#include "qprompt/kernels/simd-inl.h"
#include "qprompt/kernels/small_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

using Floats = hn::ScalableTag<float>;

template <class T>
void LoadRows(const T* from, Index from_stride, Index rows, Index cols, float* to,
              Index to_stride) {
  for (Index r = 0; r < rows; ++r) {
    const T* row = from + r * from_stride;
    float* copy = to + r * to_stride;
    ForEach(cols,
            [&](auto d, Index i) HWY_ATTR { hn::StoreU(LoadFloats(d, row + i), d, copy + i); });
  }
}

template <class T>
void StoreRows(const float* from, Index from_stride, Index rows, Index cols, T* to,
               Index to_stride) {
  for (Index r = 0; r < rows; ++r) {
    const float* row = from + r * from_stride;
    T* copy = to + r * to_stride;
    ForEach(cols,
            [&](auto d, Index i) HWY_ATTR { StoreFloats(d, hn::LoadU(d, row + i), copy + i); });
  }
}

void Transpose(const float* from, Index from_stride, Index rows, Index cols, float* to,
               Index to_stride) {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) to[c * to_stride + r] = from[r * from_stride + c];
  }
}

// p = softmax of the first `valid` entries, zero in the rest of the padded row.
HWY_INLINE void Softmax(float* p, Index valid, Index padded_keys) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const auto lowest = hn::Set(d, std::numeric_limits<float>::lowest());
  auto largest = lowest;
  for (Index j = 0; j < valid; j += lanes) {
    const auto live = hn::FirstN(d, static_cast<std::size_t>(valid - j));
    largest = hn::Max(largest, hn::IfThenElse(live, hn::LoadU(d, p + j), lowest));
  }
  largest = hn::MaxOfLanes(d, largest);
  auto sum = hn::Zero(d);
  for (Index j = 0; j < padded_keys; j += lanes) {
    const auto live = hn::FirstN(d, static_cast<std::size_t>(std::max(valid - j, Index{0})));
    const auto e = hn::IfThenElseZero(live, hn::Exp(d, hn::Sub(hn::LoadU(d, p + j), largest)));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, p + j);
  }
  const auto scale = hn::Div(hn::Set(d, 1.0f), hn::SumOfLanes(d, sum));
  for (Index j = 0; j < valid; j += lanes)
    hn::StoreU(hn::Mul(hn::LoadU(d, p + j), scale), d, p + j);
}

// d_scores = p (d_p - <d_p, p>), in place of d_p. What stands behind the last key is never read.
HWY_INLINE void SoftmaxPullBack(const float* p, float* d_p, Index keys) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  for (Index j = 0; j < keys; j += lanes) {
    const auto live = hn::FirstN(d, static_cast<std::size_t>(keys - j));
    const auto d_pj = hn::IfThenElseZero(live, hn::LoadU(d, d_p + j));
    sum = hn::MulAdd(hn::LoadU(d, p + j), d_pj, sum);
  }
  const auto mean = hn::SumOfLanes(d, sum);
  for (Index j = 0; j < keys; j += lanes) {
    const auto level = hn::Sub(hn::LoadU(d, d_p + j), mean);
    hn::StoreU(hn::Mul(hn::LoadU(d, p + j), level), d, d_p + j);
  }
}

// One task's view of its head's columns.
template <class T>
struct Head {
  const AttentionTask& task;
  const T* qkv;
  Index row_stride() const { return 3 * task.width; }
  const T* at(Index row, Index part) const {
    return qkv + row * row_stride() + part * task.width + task.head * task.head_width;
  }
};

// Keys and values of rows [row, row + count) become local keys [key, key + count).
template <class T>
void LoadKeys(const Head<T>& head, Index row, Index count, Index key, bool with_transposed_values,
              LocalMemory& local) {
  const Index width = head.task.head_width;
  LoadRows(head.at(row, 1), head.row_stride(), count, width, local.k + key * local.stride,
           local.stride);
  LoadRows(head.at(row, 2), head.row_stride(), count, width, local.v + key * local.stride,
           local.stride);
  Transpose(local.k + key * local.stride, local.stride, count, width, local.k_t + key,
            local.key_stride);
  if (with_transposed_values) {
    Transpose(local.v + key * local.stride, local.stride, count, width, local.v_t + key,
              local.key_stride);
  }
}

// Probabilities of queries [tile, tile + count) of the segment.
template <class T>
void Probabilities(const Head<T>& head, const Segment& segment, Index tile, Index count,
                   LocalMemory& local) {
  const Floats d;
  const Index width = head.task.head_width, keys = segment.shared + segment.own;
  const Index first = segment.first_query + tile;
  LoadRows(head.at(segment.begin + first, 0), head.row_stride(), count, width, local.q,
           local.stride);
  SmallProduct(d, count, padded(keys), width, {local.q, local.stride, 1}, local.k_t,
               local.key_stride, local.p, local.key_stride, false);
  for (Index i = 0; i < count; ++i) {
    const Index valid = head.task.sequences->causal ? segment.shared + first + i + 1 : keys;
    Softmax(local.p + i * local.key_stride, valid, padded(keys));
  }
}

template <class T>
void Attend(const Head<T>& head, const Segment& segment, LocalMemory& local, T* y) {
  const Floats d;
  const AttentionTask& task = head.task;
  const Index keys = segment.shared + segment.own;
  for (Index tile = 0; tile < segment.queries; tile += kTile) {
    const Index count = std::min(kTile, segment.queries - tile);
    Probabilities(head, segment, tile, count, local);
    SmallProduct(d, count, local.stride, keys, {local.p, local.key_stride, 1}, local.v,
                 local.stride, local.y, local.stride, false);
    T* results = y + (segment.first_result + tile) * task.width + task.head * task.head_width;
    StoreRows(local.y, local.stride, count, task.head_width, results, task.width);
  }
}

template <class T>
void RunForward(const AttentionTask& task, const T* qkv, T* y) {
  const Head<T> head{task, qkv};
  LocalMemory local(task.memory, longest_keys(*task.sequences), task.head_width);
  const Index shared = task.sequences->shared;
  LoadKeys(head, 0, shared, 0, false, local);
  for (Index s = task.first; s < task.last; ++s) {
    const Segment segment = segment_of(task, s);
    if (!task.shared_rows_ask) LoadKeys(head, segment.begin, segment.own, shared, false, local);
    Attend(head, segment, local, y);
  }
}

// Adds one tile's part to d_k and d_v, and leaves d_q in local.q.
HWY_INLINE void TilePullBack(Index count, Index keys, Index width, LocalMemory& local) {
  const Floats d;
  SmallProduct(d, count, padded(keys), width, {local.y, local.stride, 1}, local.v_t,
               local.key_stride, local.d_p, local.key_stride, false);  // d_p = d_y v^T
  SmallProduct(d, keys, local.stride, count, {local.p, 1, local.key_stride}, local.y, local.stride,
               local.d_v, local.stride, true);  // d_v += p^T d_y
  for (Index i = 0; i < count; ++i) {
    SoftmaxPullBack(local.p + i * local.key_stride, local.d_p + i * local.key_stride, keys);
  }
  SmallProduct(d, keys, local.stride, count, {local.d_p, 1, local.key_stride}, local.q,
               local.stride, local.d_k, local.stride, true);  // d_k += d_scores^T q
  SmallProduct(d, count, local.stride, keys, {local.d_p, local.key_stride, 1}, local.k,
               local.stride, local.q, local.stride, false);  // d_q = d_scores k
}

template <class T>
void PullBackSegment(const Head<T>& head, const Segment& segment, LocalMemory& local, const T* d_y,
                     T* d_qkv) {
  const AttentionTask& task = head.task;
  const Index offset = task.head * task.head_width, width = task.head_width;
  for (Index tile = 0; tile < segment.queries; tile += kTile) {
    const Index count = std::min(kTile, segment.queries - tile);
    Probabilities(head, segment, tile, count, local);
    const T* results = d_y + (segment.first_result + tile) * task.width + offset;
    LoadRows(results, task.width, count, width, local.y, local.stride);
    TilePullBack(count, segment.shared + segment.own, width, local);
    const Index row = segment.begin + segment.first_query + tile;
    StoreRows(local.q, local.stride, count, width, d_qkv + row * head.row_stride() + offset,
              head.row_stride());
  }
}

template <class T>
void RunBackward(const AttentionTask& task, const T* qkv, const T* d_y, T* d_qkv) {
  const Head<T> head{task, qkv};
  LocalMemory local(task.memory, longest_keys(*task.sequences), task.head_width);
  const Index shared = task.sequences->shared, stride = local.stride, width = task.head_width;
  const Index offset = task.head * width;
  LoadKeys(head, 0, shared, 0, true, local);
  std::fill_n(local.d_k, shared * stride, 0.0f);
  std::fill_n(local.d_v, shared * stride, 0.0f);
  for (Index s = task.first; s < task.last; ++s) {
    const Segment segment = segment_of(task, s);
    if (!task.shared_rows_ask) {
      LoadKeys(head, segment.begin, segment.own, shared, true, local);
      std::fill_n(local.d_k + shared * stride, segment.own * stride, 0.0f);
      std::fill_n(local.d_v + shared * stride, segment.own * stride, 0.0f);
    }
    PullBackSegment(head, segment, local, d_y, d_qkv);
    if (task.shared_rows_ask) continue;
    T* own = d_qkv + segment.begin * head.row_stride() + offset;
    StoreRows(local.d_k + shared * stride, stride, segment.own, width, own + task.width,
              head.row_stride());
    StoreRows(local.d_v + shared * stride, stride, segment.own, width, own + 2 * task.width,
              head.row_stride());
  }
  StoreRows(local.d_k, stride, shared, width, task.shared_d_keys, width);
  StoreRows(local.d_v, stride, shared, width, task.shared_d_keys + shared * width, width);
}

void ForwardFloat(const AttentionTask& task, const float* qkv, float* y) {
  RunForward(task, qkv, y);
}
void ForwardBf16(const AttentionTask& task, const Bf16* qkv, Bf16* y) { RunForward(task, qkv, y); }
void BackwardFloat(const AttentionTask& task, const float* qkv, const float* d_y, float* d_qkv) {
  RunBackward(task, qkv, d_y, d_qkv);
}
void BackwardBf16(const AttentionTask& task, const Bf16* qkv, const Bf16* d_y, Bf16* d_qkv) {
  RunBackward(task, qkv, d_y, d_qkv);
}
void StoreFloatRow(const float* from, Index n, float* to) { StoreRows(from, n, 1, n, to, n); }
void StoreBf16Row(const float* from, Index n, Bf16* to) { StoreRows(from, n, 1, n, to, n); }

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qprompt::kernels {

HWY_EXPORT(ForwardFloat);
HWY_EXPORT(ForwardBf16);
HWY_EXPORT(BackwardFloat);
HWY_EXPORT(BackwardBf16);
HWY_EXPORT(StoreFloatRow);
HWY_EXPORT(StoreBf16Row);

namespace {

// Tasks of one head: runs of sequences, and one for the shared rows where they ask.
struct TaskPlan {
  TaskPlan(const Sequences& sequences, Index heads_in, Queries queries)
      : heads(heads_in),
        runs((sequences.count() + kSequencesPerTask - 1) / kSequencesPerTask),
        shared_asks(queries == Queries::kAll && sequences.shared > 0) {
    // Long sequences are work enough for a task each.
    if (sequences.shared == 0) runs = sequences.count();
  }
  Index per_head() const { return runs + (shared_asks ? 1 : 0); }
  Index total() const { return heads * per_head(); }

  Index heads, runs;
  bool shared_asks;
};

AttentionTask task_of(const Sequences& sequences, const TaskPlan& plan, Queries queries,
                      Index head_width, Index i) {
  AttentionTask task{};
  task.sequences = &sequences;
  task.queries = queries;
  task.head = i / plan.per_head();
  task.head_width = head_width;
  task.width = plan.heads * head_width;
  const Index run = i % plan.per_head(), count = sequences.count();
  task.shared_rows_ask = run == plan.runs;
  const Index length = (count + plan.runs - 1) / plan.runs;
  task.first = task.shared_rows_ask ? 0 : std::min(count, run * length);
  task.last = task.shared_rows_ask ? 1 : std::min(count, task.first + length);
  return task;
}

// d_k and d_v of the shared rows: the tasks' parts added in a fixed order, onto the first of them.
void add_shared_parts(Stream& stream, const TaskPlan& plan, Index shared, Index head_width,
                      float* parts, View d_qkv) {
  const Index part_size = 2 * shared * head_width, width = plan.heads * head_width;
  parallel_tasks(stream.threads(), plan.heads, [&](Index head) {
    const auto part = [&](Index i) {
      return Eigen::Map<Matrix>(parts + (head * plan.per_head() + i) * part_size, 2 * shared,
                                head_width);
    };
    auto sum = part(0);
    for (Index i = 1; i < plan.per_head(); ++i) sum += part(i);
    for (Index r = 0; r < 2 * shared; ++r) {
      const Index keys_or_values = 1 + r / shared, row = r % shared;
      const Index at = row * 3 * width + keys_or_values * width + head * head_width;
      if (d_qkv.format == NumberFormat::kFloat32) {
        HWY_DYNAMIC_DISPATCH(StoreFloatRow)
        (sum.row(r).data(), head_width, d_qkv.data<float>() + at);
      } else {
        HWY_DYNAMIC_DISPATCH(StoreBf16Row)(sum.row(r).data(), head_width, d_qkv.data<Bf16>() + at);
      }
    }
  });
}

void require_shapes(const char* function, const Sequences& sequences, Index heads, Queries queries,
                    ConstView qkv, ConstView y) {
  const Index results = queries == Queries::kAll ? sequences.rows() : sequences.count();
  require(heads > 0 && y.cols % heads == 0 && qkv.cols == 3 * y.cols &&
              qkv.rows == sequences.rows() && y.rows == results && qkv.format == y.format,
          function, ": qkv [", qkv.rows, ", ", qkv.cols, "], y [", y.rows, ", ", y.cols, "], ",
          heads, " heads, ", sequences.rows(), " rows of ", sequences.count(), " sequences");
}

}  // namespace

void attention(Stream& stream, const Sequences& sequences, Index heads, Queries queries,
               ConstView qkv, View y) {
  require_shapes("attention", sequences, heads, queries, qkv, y);
  const Index head_width = y.cols / heads;
  const TaskPlan plan(sequences, heads, queries);
  ThreadMemory memory =
      stream.impl().thread_memory(LocalMemory::floats(longest_keys(sequences), head_width));
  parallel_tasks(stream.threads(), plan.total(), [&](Index i) {
    AttentionTask task = task_of(sequences, plan, queries, head_width, i);
    task.memory = memory.of_this_thread();
    if (qkv.format == NumberFormat::kFloat32) {
      HWY_DYNAMIC_DISPATCH(ForwardFloat)(task, qkv.data<float>(), y.data<float>());
    } else {
      HWY_DYNAMIC_DISPATCH(ForwardBf16)(task, qkv.data<Bf16>(), y.data<Bf16>());
    }
  });
}

void attention_pull_back(Stream& stream, const Sequences& sequences, Index heads, Queries queries,
                         ConstView qkv, ConstView d_y, View d_qkv) {
  require_shapes("attention_pull_back", sequences, heads, queries, qkv, d_y);
  const Index head_width = d_y.cols / heads, shared = sequences.shared;
  const TaskPlan plan(sequences, heads, queries);
  if (queries != Queries::kAll) fill_zero(d_qkv);  // rows that did not ask have no d_q
  ThreadMemory memory =
      stream.impl().thread_memory(LocalMemory::floats(longest_keys(sequences), head_width));
  Buffer& parts = stream.impl().parts;
  const Index part_size = 2 * shared * head_width;
  parts.resize(plan.total(), std::max<Index>(part_size, 1), NumberFormat::kFloat32);
  parallel_tasks(stream.threads(), plan.total(), [&](Index i) {
    AttentionTask task = task_of(sequences, plan, queries, head_width, i);
    task.memory = memory.of_this_thread();
    task.shared_d_keys = parts.view().data<float>() + i * part_size;
    if (qkv.format == NumberFormat::kFloat32) {
      HWY_DYNAMIC_DISPATCH(BackwardFloat)
      (task, qkv.data<float>(), d_y.data<float>(), d_qkv.data<float>());
    } else {
      HWY_DYNAMIC_DISPATCH(BackwardBf16)
      (task, qkv.data<Bf16>(), d_y.data<Bf16>(), d_qkv.data<Bf16>());
    }
  });
  if (shared > 0)
    add_shared_parts(stream, plan, shared, head_width, parts.view().data<float>(), d_qkv);
}

}  // namespace qprompt::kernels
#endif
