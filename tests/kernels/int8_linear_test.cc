#include "qprompt/kernels/int8_linear.h"

#include "tests/kernels/kernel_test.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

// x W^T + b with W rounded to 127 steps of each row's largest value and x as it is.
Double with_rounded_weight(const Matrix& weight, const Vector& bias, const Matrix& x) {
  Double rounded = weight.cast<double>();
  for (Index c = 0; c < rounded.rows(); ++c) {
    const double step = rounded.row(c).cwiseAbs().maxCoeff() / 127;
    if (step > 0) rounded.row(c) = (rounded.row(c) / step).array().round().matrix() * step;
  }
  Double y = x.cast<double>() * rounded.transpose();
  y.rowwise() += bias.cast<double>().transpose();
  return y;
}

class Int8Layer : public BothFormats {
 protected:
  Matrix multiplied(const Matrix& weight, const Vector& bias, const Matrix& x, int threads = 2) {
    const Device device({threads, Precision::kInt8});
    Stream stream(device);
    const Int8Linear layer(device, weight, bias);
    Buffer y = unwritten(x.rows(), weight.rows(), NumberFormat::kFloat32);
    layer.forward(stream, buffer_of(x, format()).view(), y.view());
    return download(y.view());
  }
};

// x is off by half a step of its row's range at most, in 127 steps where the CPU has no VNNI.
TEST_P(Int8Layer, DiffersFromItsRoundedWeightsByTheRoundingOfItsInputs) {
  for (const auto& [in, out] : {std::pair<Index, Index>{1, 1}, {12, 20}, {96, 33}, {768, 64}}) {
    const Matrix weight = random_values(random_, out, in, format(), 0.3);
    const Vector bias = random_.normal_matrix(out, 1, 1);
    for (Index n : {1, 7, 64, 65, 200}) {
      const Matrix x = random_values(random_, n, in, format());
      const Double exact = with_rounded_weight(weight, bias, x);
      const Matrix y = multiplied(weight, bias, x);
      for (Index r = 0; r < n; ++r) {
        const double half_step = (x.row(r).maxCoeff() - x.row(r).minCoeff()) / 127 / 2;
        for (Index c = 0; c < out; ++c) {
          const double most = half_step * weight.row(c).cwiseAbs().sum() * 1.01 + 1e-4;
          ASSERT_NEAR(y(r, c), exact(r, c), most) << n << " rows, " << in << " -> " << out;
        }
      }
    }
  }
}

TEST_P(Int8Layer, IsExactWhereRowsAreConstant) {
  const Matrix weight = Matrix::Constant(3, 8, 0.5);
  const Vector bias = Vector::Constant(3, 1);
  const Matrix y = multiplied(weight, bias, Matrix::Constant(2, 8, -2));
  EXPECT_LT((y.array() + 7).abs().maxCoeff(), 1e-5);
}

TEST_P(Int8Layer, GivesARowTheSameWhateverStandsBesideItAndForAnyNumberOfThreads) {
  const Matrix weight = random_values(random_, 40, 96, format(), 0.3);
  const Vector bias = random_.normal_matrix(40, 1, 1);
  const Matrix x = random_values(random_, 150, 96, format());
  const Matrix all = multiplied(weight, bias, x);
  EXPECT_EQ(multiplied(weight, bias, x, 1), all);
  for (const Index row : {0, 63, 64, 149}) {
    EXPECT_EQ(multiplied(weight, bias, x.row(row)), all.row(row));
  }
}

TEST(Int8LayerOfAnotherShape, IsRefused) {
  const Device device({1, Precision::kInt8});
  Stream stream(device);
  const Int8Linear layer(device, Matrix::Ones(2, 3), Vector());
  Buffer x = unwritten(1, 4, NumberFormat::kFloat32), y = unwritten(1, 2, NumberFormat::kFloat32);
  EXPECT_THAT(testing::error_of([&] { layer.forward(stream, x.view(), y.view()); }),
              ::testing::HasSubstr("[1, 4] -> [1, 2] through [2, 3]"));
}

INSTANTIATE_TEST_SUITE_P(Formats, Int8Layer, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels
