// Products of matrices of a few dozen rows that live in cache: too small and too many for a GEMM
// call each. Compiled once per instruction set.
#if defined(QPROMPT_KERNELS_SMALL_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QPROMPT_KERNELS_SMALL_PRODUCT_INL_H_
#undef QPROMPT_KERNELS_SMALL_PRODUCT_INL_H_
#else
#define QPROMPT_KERNELS_SMALL_PRODUCT_INL_H_
#endif

#include <hwy/highway.h>

#include "qprompt/core/matrix.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A(i, k) = values[i * row + k * col]: a matrix or its transpose.
struct Left {
  const float* values;
  Index row, col;
};

// c (+)= four rows of a times b over two vectors of columns.
template <class D>
HWY_INLINE void FourRows(D d, Index depth, Left a, const float* b, Index ldb, float* c, Index ldc,
                         bool add) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  auto start = [&](Index i, Index j)
                   HWY_ATTR { return add ? hn::LoadU(d, c + i * ldc + j * lanes) : hn::Zero(d); };
  auto c00 = start(0, 0), c01 = start(0, 1), c10 = start(1, 0), c11 = start(1, 1);
  auto c20 = start(2, 0), c21 = start(2, 1), c30 = start(3, 0), c31 = start(3, 1);
  for (Index k = 0; k < depth; ++k) {
    const auto b0 = hn::LoadU(d, b + k * ldb);
    const auto b1 = hn::LoadU(d, b + k * ldb + lanes);
    const float* column = a.values + k * a.col;
    const auto a0 = hn::Set(d, column[0]), a1 = hn::Set(d, column[a.row]);
    c00 = hn::MulAdd(a0, b0, c00), c01 = hn::MulAdd(a0, b1, c01);
    c10 = hn::MulAdd(a1, b0, c10), c11 = hn::MulAdd(a1, b1, c11);
    const auto a2 = hn::Set(d, column[2 * a.row]), a3 = hn::Set(d, column[3 * a.row]);
    c20 = hn::MulAdd(a2, b0, c20), c21 = hn::MulAdd(a2, b1, c21);
    c30 = hn::MulAdd(a3, b0, c30), c31 = hn::MulAdd(a3, b1, c31);
  }
  hn::StoreU(c00, d, c), hn::StoreU(c01, d, c + lanes);
  hn::StoreU(c10, d, c + ldc), hn::StoreU(c11, d, c + ldc + lanes);
  hn::StoreU(c20, d, c + 2 * ldc), hn::StoreU(c21, d, c + 2 * ldc + lanes);
  hn::StoreU(c30, d, c + 3 * ldc), hn::StoreU(c31, d, c + 3 * ldc + lanes);
}

template <class D>
HWY_INLINE void OneRow(D d, Index depth, Left a, const float* b, Index ldb, float* c, bool add) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  auto c0 = add ? hn::LoadU(d, c) : hn::Zero(d);
  auto c1 = add ? hn::LoadU(d, c + lanes) : hn::Zero(d);
  for (Index k = 0; k < depth; ++k) {
    const auto factor = hn::Set(d, a.values[k * a.col]);
    c0 = hn::MulAdd(factor, hn::LoadU(d, b + k * ldb), c0);
    c1 = hn::MulAdd(factor, hn::LoadU(d, b + k * ldb + lanes), c1);
  }
  hn::StoreU(c0, d, c), hn::StoreU(c1, d, c + lanes);
}

// c [rows, cols] (+)= a [rows, depth] b [depth, cols]. cols is a multiple of kPadding.
template <class D>
HWY_INLINE void SmallProduct(D d, Index rows, Index cols, Index depth, Left a, const float* b,
                             Index ldb, float* c, Index ldc, bool add) {
  const Index step = 2 * static_cast<Index>(hn::Lanes(d));
  for (Index j = 0; j < cols; j += step) {
    Index i = 0;
    for (; i + 4 <= rows; i += 4) {
      FourRows(d, depth, {a.values + i * a.row, a.row, a.col}, b + j, ldb, c + i * ldc + j, ldc,
               add);
    }
    for (; i < rows; ++i) {
      OneRow(d, depth, {a.values + i * a.row, a.row, a.col}, b + j, ldb, c + i * ldc + j, add);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#endif
