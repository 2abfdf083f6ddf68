#include "qprompt/kernels/product.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "qprompt/core/error.h"
#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {
namespace {

struct Factor {
  const Matrix& values;
  bool transposed;

  Index rows() const { return transposed ? values.cols() : values.rows(); }
  Index cols() const { return transposed ? values.rows() : values.cols(); }
  char letter() const { return transposed ? 'T' : 'N'; }
};

Matrix multiply(const Factor& a, const Factor& b) {
  require(a.cols() == b.rows(), "product: [", a.rows(), ", ", a.cols(), "] x [", b.rows(), ", ",
          b.cols(), "]");
  if (a.cols() == 0) return Matrix::Zero(a.rows(), b.cols());
  Matrix y(a.rows(), b.cols());
  if (y.size() == 0) return y;
  const ThreadScope alone(1);
  const auto status =
      dnnl::sgemm(a.letter(), b.letter(), y.rows(), y.cols(), a.cols(), 1.0f, a.values.data(),
                  a.values.cols(), b.values.data(), b.values.cols(), 0.0f, y.data(), y.cols());
  require(status == dnnl::status::success, "product: oneDNN's sgemm says ",
          static_cast<int>(status));
  return y;
}

}  // namespace

Matrix product(const Matrix& a, const Matrix& b) { return multiply({a, false}, {b, false}); }
Matrix product_transposed(const Matrix& a, const Matrix& b) {
  return multiply({a, false}, {b, true});
}
Matrix transposed_product(const Matrix& a, const Matrix& b) {
  return multiply({a, true}, {b, false});
}

}  // namespace qprompt::kernels
