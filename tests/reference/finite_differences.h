#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "tests/reference/mathematics.h"

namespace qprompt::reference {

// dL/dx by central differences of fourth order.
inline Matrix finite_differences(const std::function<double(const Matrix&)>& loss, Matrix x) {
  constexpr double h = 1e-3;
  Matrix d_x(x.rows(), x.cols());
  for (Index i = 0; i < x.size(); ++i) {
    const double value = x.data()[i];
    const auto at = [&](double offset) {
      x.data()[i] = value + offset;
      return loss(x);
    };
    d_x.data()[i] = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    x.data()[i] = value;
  }
  return d_x;
}

// `d_x` is the gradient of `loss` at `x`, to a millionth of its largest entry.
inline void expect_gradient(const Matrix& d_x, const std::function<double(const Matrix&)>& loss,
                            const Matrix& x) {
  const Matrix expected = finite_differences(loss, x);
  ASSERT_EQ(d_x.rows(), expected.rows());
  ASSERT_EQ(d_x.cols(), expected.cols());
  const double largest = expected.cwiseAbs().maxCoeff();
  ASSERT_GT(largest, 0) << "the loss does not depend on x: nothing would be compared";
  EXPECT_LT((d_x - expected).cwiseAbs().maxCoeff(), 1e-6 * largest);
}

inline double dot(const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum(); }

}  // namespace qprompt::reference
