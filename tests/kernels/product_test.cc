#include "qprompt/kernels/product.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "qprompt/core/random.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

double largest_difference(const Matrix& a, const Eigen::MatrixXd& b) {
  return (a.cast<double>() - b).cwiseAbs().maxCoeff();
}

TEST(Product, IsThatOfDoublesInAllThreeForms) {
  Random random(1);
  for (const auto& [n, k, m] : {std::array<Index, 3>{1, 1, 1}, {3, 5, 2}, {33, 512, 101}}) {
    const Matrix a = random.normal_matrix(n, k, 1), b = random.normal_matrix(k, m, 1);
    const Eigen::MatrixXd expected = a.cast<double>() * b.cast<double>();
    EXPECT_LT(largest_difference(product(a, b), expected), 1e-4);
    EXPECT_LT(largest_difference(product_transposed(a, b.transpose()), expected), 1e-4);
    EXPECT_LT(largest_difference(transposed_product(a.transpose(), b), expected), 1e-4);
  }
}

TEST(Product, OfNothingIsZeroOrNothing) {
  EXPECT_EQ(product(Matrix(2, 0), Matrix(0, 3)), Matrix::Zero(2, 3));
  EXPECT_EQ(product(Matrix(0, 4), Matrix::Ones(4, 3)).rows(), 0);
}

TEST(Product, RefusesSidesThatDiffer) {
  EXPECT_THAT(testing::error_of([] { product(Matrix::Zero(2, 3), Matrix::Zero(2, 4)); }),
              ::testing::HasSubstr("[2, 3] x [2, 4]"));
}

}  // namespace
}  // namespace qprompt::kernels
