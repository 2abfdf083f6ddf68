#include "qprompt/kernels/normalize.h"

#include "qprompt/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "qprompt/kernels/normalize.cc"
#include <hwy/foreach_target.h>

#include <cmath>

#include "qprompt/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

template <class T>
void NormalizeRow(const float* x, Index n, float eps, T* y, float* statistics) {
  const float mean =
      SumOver(n, [&](auto d, Index i) HWY_ATTR { return hn::LoadU(d, x + i); }) / float(n);
  const float variance = SumOver(n,
                                 [&](auto d, Index i) HWY_ATTR {
                                   const auto centred =
                                       hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
                                   return hn::Mul(centred, centred);
                                 }) /
                         float(n);
  const float scale = 1.0f / std::sqrt(variance + eps);
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
    StoreFloats(d, hn::Mul(centred, hn::Set(d, scale)), y + i);
  });
  statistics[0] = mean;
  statistics[1] = scale;
}

// With z = (x - mean) scale:  d_x += scale (d_y - mean(d_y) - z mean(d_y z)).
template <class From, class To>
void PullBackRow(const float* x, const float* statistics, const From* d_y, Index n, float* d_x,
                 To* copy) {
  const float mean = statistics[0], scale = statistics[1];
  const float d_mean =
      SumOver(n, [&](auto d, Index i) HWY_ATTR { return LoadFloats(d, d_y + i); }) / float(n);
  const float d_spread = SumOver(n,
                                 [&](auto d, Index i) HWY_ATTR {
                                   const auto centred =
                                       hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
                                   return hn::Mul(centred, LoadFloats(d, d_y + i));
                                 }) *
                         scale * scale / float(n);
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
    const auto level = hn::Sub(LoadFloats(d, d_y + i), hn::Set(d, d_mean));
    const auto through = hn::NegMulAdd(centred, hn::Set(d, d_spread), level);
    const auto sum = hn::MulAdd(through, hn::Set(d, scale), hn::LoadU(d, d_x + i));
    hn::StoreU(sum, d, d_x + i);
    StoreFloats(d, sum, copy + i);
  });
}

void NormalizeFloat(const float* x, Index n, float eps, float* y, float* statistics) {
  NormalizeRow(x, n, eps, y, statistics);
}
void NormalizeBf16(const float* x, Index n, float eps, Bf16* y, float* statistics) {
  NormalizeRow(x, n, eps, y, statistics);
}
void PullBackFloat(const float* x, const float* statistics, const float* d_y, Index n, float* d_x,
                   float* copy) {
  PullBackRow(x, statistics, d_y, n, d_x, copy);
}
void PullBackBf16(const float* x, const float* statistics, const Bf16* d_y, Index n, float* d_x,
                  Bf16* copy) {
  PullBackRow(x, statistics, d_y, n, d_x, copy);
}
void PullBackMixed(const float* x, const float* statistics, const float* d_y, Index n, float* d_x,
                   Bf16* copy) {
  PullBackRow(x, statistics, d_y, n, d_x, copy);
}
void AddRow(const float* a, const float* b, Index n, float* sum) {
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, sum + i);
  });
}
void ScaleShiftRow(const float* weight, const float* bias, Index n, float* x) {
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const auto scaled =
        hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, weight + i), hn::LoadU(d, bias + i));
    hn::StoreU(scaled, d, x + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qprompt::kernels {

HWY_EXPORT(NormalizeFloat);
HWY_EXPORT(NormalizeBf16);
HWY_EXPORT(PullBackFloat);
HWY_EXPORT(PullBackBf16);
HWY_EXPORT(PullBackMixed);
HWY_EXPORT(AddRow);
HWY_EXPORT(ScaleShiftRow);

namespace {

constexpr Index kRowGrain = 8;

void normalize_row(ConstView x, Index row, float eps, View y, View statistics) {
  const float* source = x.data<float>() + row * x.cols;
  float* kept = statistics.data<float>() + 2 * row;
  if (y.format == NumberFormat::kFloat32) {
    HWY_DYNAMIC_DISPATCH(NormalizeFloat)
    (source, x.cols, eps, y.data<float>() + row * y.cols, kept);
  } else {
    HWY_DYNAMIC_DISPATCH(NormalizeBf16)(source, x.cols, eps, y.data<Bf16>() + row * y.cols, kept);
  }
}

}  // namespace

void normalize(Stream& stream, ConstView x, float eps, View y, View statistics) {
  parallel_for(stream.threads(), x.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) normalize_row(x, r, eps, y, statistics);
  });
}

void add_normalize(Stream& stream, ConstView x, ConstView branch, float eps, View sum, View y,
                   View statistics) {
  parallel_for(stream.threads(), x.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const Index at = r * x.cols;
      HWY_DYNAMIC_DISPATCH(AddRow)
      (x.data<float>() + at, branch.data<float>() + at, x.cols, sum.data<float>() + at);
      normalize_row(sum, r, eps, y, statistics);
    }
  });
}

void normalize_pull_back(Stream& stream, ConstView x, ConstView statistics, ConstView d_y, View d_x,
                         View d_x_copy) {
  const bool from_float = d_y.format == NumberFormat::kFloat32;
  const bool to_float = d_x_copy.format == NumberFormat::kFloat32;
  require(from_float || !to_float, "normalize_pull_back: a bf16 gradient has a bf16 copy");
  parallel_for(stream.threads(), x.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const Index at = r * x.cols;
      const float* kept = statistics.data<float>() + 2 * r;
      const float* row = x.data<float>() + at;
      float* d_row = d_x.data<float>() + at;
      if (to_float) {
        HWY_DYNAMIC_DISPATCH(PullBackFloat)
        (row, kept, d_y.data<float>() + at, x.cols, d_row, d_x_copy.data<float>() + at);
      } else if (from_float) {
        HWY_DYNAMIC_DISPATCH(PullBackMixed)
        (row, kept, d_y.data<float>() + at, x.cols, d_row, d_x_copy.data<Bf16>() + at);
      } else {
        HWY_DYNAMIC_DISPATCH(PullBackBf16)
        (row, kept, d_y.data<Bf16>() + at, x.cols, d_row, d_x_copy.data<Bf16>() + at);
      }
    }
  });
}

void scale_shift(Stream& stream, const Vector& weight, const Vector& bias, View x) {
  parallel_for(stream.threads(), x.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      HWY_DYNAMIC_DISPATCH(ScaleShiftRow)
      (weight.data(), bias.data(), x.cols, x.data<float>() + r * x.cols);
    }
  });
}

}  // namespace qprompt::kernels
#endif
