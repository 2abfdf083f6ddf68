// Loads, stores and loops shared by the hand-written passes; compiled once per instruction set, so
// the guard is Highway's toggle and not `#pragma once`.
#if defined(QPROMPT_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QPROMPT_KERNELS_SIMD_INL_H_
#undef QPROMPT_KERNELS_SIMD_INL_H_
#else
#define QPROMPT_KERNELS_SIMD_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "qprompt/kernels/buffer.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> LoadFloats(D d, const float* p) {
  return hn::LoadU(d, p);
}
template <class D>
HWY_INLINE hn::Vec<D> LoadFloats(D d, const Bf16* p) {
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<std::uint16_t, D> dh;
  const auto half = hn::LoadU(dh, reinterpret_cast<const std::uint16_t*>(p));
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, half)));
}

template <class D>
HWY_INLINE void StoreFloats(D d, hn::Vec<D> v, float* p) {
  hn::StoreU(v, d, p);
}
// Rounds to nearest even.
template <class D>
HWY_INLINE void StoreFloats(D /*d*/, hn::Vec<D> v, Bf16* p) {
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<std::uint16_t, D> dh;
  const auto bits = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(du, 0x7fffu)), odd));
  hn::StoreU(hn::DemoteTo(dh, hn::BitCast(di, rounded)), dh, reinterpret_cast<std::uint16_t*>(p));
}

// body(d, i) over [0, n): whole vectors, then single elements.
template <class Body>
HWY_INLINE void ForEach(Index n, Body body) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  Index i = 0;
  for (; i + lanes <= n; i += lanes) body(d, i);
  for (; i < n; ++i) body(one, i);
}

// Sum over [0, n) of term(d, i).
template <class Term>
HWY_INLINE float SumOver(Index n, Term term) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  Index i = 0;
  for (; i + lanes <= n; i += lanes) sum = hn::Add(sum, term(d, i));
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < n; ++i) total += hn::GetLane(term(one, i));
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#endif
