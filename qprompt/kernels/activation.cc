#include "qprompt/kernels/activation.h"

#include "qprompt/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "qprompt/kernels/activation.cc"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>

#include "qprompt/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

// Highway's Exp is no exponential any more where the result overflows.
template <class D, class V>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V largest = hn::Set(d, 87.0f);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(x), largest))));
}

struct QuickGelu {
  template <class D, class V>
  HWY_INLINE static V Value(D d, V x) {
    return hn::Mul(x, Sigmoid(d, hn::Mul(x, hn::Set(d, 1.702f))));
  }
  // s (1 + a x (1 - s)) with s = sigmoid(a x)
  template <class D, class V>
  HWY_INLINE static V Slope(D d, V x) {
    const V one = hn::Set(d, 1.0f);
    const V ax = hn::Mul(x, hn::Set(d, 1.702f));
    const V s = Sigmoid(d, ax);
    return hn::Mul(s, hn::MulAdd(ax, hn::Sub(one, s), one));
  }
};

struct Gelu {
  // The normal distribution's function by Abramowitz and Stegun 7.1.26: error below 1e-7.
  template <class D, class V>
  HWY_INLINE static V Distribution(D d, V x, V bell) {
    const V one = hn::Set(d, 1.0f);
    const V half = hn::Set(d, 0.5f);
    const V z = hn::Mul(hn::Abs(x), hn::Set(d, 0.70710678f));
    const V t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.3275911f), z, one));
    V poly = hn::Set(d, 1.061405429f);
    poly = hn::MulAdd(poly, t, hn::Set(d, -1.453152027f));
    poly = hn::MulAdd(poly, t, hn::Set(d, 1.421413741f));
    poly = hn::MulAdd(poly, t, hn::Set(d, -0.284496736f));
    poly = hn::MulAdd(poly, t, hn::Set(d, 0.254829592f));
    const V tail = hn::Mul(hn::Mul(half, hn::Mul(poly, t)), bell);  // 1 - Phi(|x|)
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
  }
  template <class D, class V>
  HWY_INLINE static V Bell(D d, V x) {  // exp(-x^2 / 2)
    return hn::Exp(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5f)));
  }
  template <class D, class V>
  HWY_INLINE static V Value(D d, V x) {
    return hn::Mul(x, Distribution(d, x, Bell(d, x)));
  }
  // Phi(x) + x phi(x)
  template <class D, class V>
  HWY_INLINE static V Slope(D d, V x) {
    const V bell = Bell(d, x);
    const V density = hn::Mul(bell, hn::Set(d, 0.39894228f));
    return hn::MulAdd(x, density, Distribution(d, x, bell));
  }
};

template <class F, class T>
void Apply(const T* x, T* y, Index n) {
  ForEach(n, [&](auto d, Index i)
                 HWY_ATTR { StoreFloats(d, F::Value(d, LoadFloats(d, x + i)), y + i); });
}
template <class F, class T>
void PullBack(const T* x, const T* d_y, T* d_x, Index n) {
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const auto slope = F::Slope(d, LoadFloats(d, x + i));
    StoreFloats(d, hn::Mul(LoadFloats(d, d_y + i), slope), d_x + i);
  });
}

template <class T>
void ApplyKind(ActivationKind kind, const T* x, T* y, Index n) {
  kind == ActivationKind::kQuickGelu ? Apply<QuickGelu>(x, y, n) : Apply<Gelu>(x, y, n);
}
template <class T>
void PullBackKind(ActivationKind kind, const T* x, const T* d_y, T* d_x, Index n) {
  kind == ActivationKind::kQuickGelu ? PullBack<QuickGelu>(x, d_y, d_x, n)
                                     : PullBack<Gelu>(x, d_y, d_x, n);
}

void ApplyFloat(ActivationKind kind, const float* x, float* y, Index n) {
  ApplyKind(kind, x, y, n);
}
void ApplyBf16(ActivationKind kind, const Bf16* x, Bf16* y, Index n) { ApplyKind(kind, x, y, n); }
void PullBackFloats(ActivationKind kind, const float* x, const float* d_y, float* d_x, Index n) {
  PullBackKind(kind, x, d_y, d_x, n);
}
void PullBackBf16s(ActivationKind kind, const Bf16* x, const Bf16* d_y, Bf16* d_x, Index n) {
  PullBackKind(kind, x, d_y, d_x, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qprompt::kernels {

HWY_EXPORT(ApplyFloat);
HWY_EXPORT(ApplyBf16);
HWY_EXPORT(PullBackFloats);
HWY_EXPORT(PullBackBf16s);

namespace {

constexpr Index kGrain = 1 << 12;

void require_same(const char* function, ConstView a, ConstView b) {
  require(a.rows == b.rows && a.cols == b.cols && a.format == b.format, function, ": [", a.rows,
          ", ", a.cols, "] and [", b.rows, ", ", b.cols, "] of one format expected");
}

}  // namespace

void activate(Stream& stream, ActivationKind kind, ConstView x, View y) {
  require_same("activate", x, y);
  parallel_for(stream.threads(), x.rows * x.cols, kGrain, [&](Index begin, Index end) {
    if (x.format == NumberFormat::kFloat32) {
      HWY_DYNAMIC_DISPATCH(ApplyFloat)
      (kind, x.data<float>() + begin, y.data<float>() + begin, end - begin);
    } else {
      HWY_DYNAMIC_DISPATCH(ApplyBf16)
      (kind, x.data<Bf16>() + begin, y.data<Bf16>() + begin, end - begin);
    }
  });
}

void activate_pull_back(Stream& stream, ActivationKind kind, ConstView x, ConstView d_y, View d_x) {
  require_same("activate_pull_back", x, d_y);
  require_same("activate_pull_back", x, d_x);
  parallel_for(stream.threads(), x.rows * x.cols, kGrain, [&](Index begin, Index end) {
    if (x.format == NumberFormat::kFloat32) {
      HWY_DYNAMIC_DISPATCH(PullBackFloats)
      (kind, x.data<float>() + begin, d_y.data<float>() + begin, d_x.data<float>() + begin,
       end - begin);
    } else {
      HWY_DYNAMIC_DISPATCH(PullBackBf16s)
      (kind, x.data<Bf16>() + begin, d_y.data<Bf16>() + begin, d_x.data<Bf16>() + begin,
       end - begin);
    }
  });
}

}  // namespace qprompt::kernels
#endif
