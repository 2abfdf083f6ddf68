#include "qprompt/kernels/convolution.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "qprompt/core/random.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

struct Case {
  ConvolutionShape shape;
  Index images, in, out;
};

// As on paper: every output pixel sums over the kernel's window; outside the map there is nothing.
Double plain_convolution(const Case& c, const Matrix& weight, const Vector& bias, const Matrix& x) {
  const Index side = c.shape.side, k = c.shape.kernel;
  const Index side_out = (side + 2 * (k / 2) - k) / c.shape.stride + 1;
  Double y(c.images * side_out * side_out, c.out);
  for (Index r = 0; r < y.rows(); ++r) {
    const Index image = r / (side_out * side_out);
    const Index top = r / side_out % side_out * c.shape.stride - k / 2;
    const Index left = r % side_out * c.shape.stride - k / 2;
    y.row(r) = bias.transpose().cast<double>();
    for (Index ky = 0; ky < k; ++ky) {
      for (Index kx = 0; kx < k; ++kx) {
        const Index py = top + ky, px = left + kx;
        if (py < 0 || px < 0 || py >= side || px >= side) continue;
        const auto pixel = x.row((image * side + py) * side + px).cast<double>().eval();
        for (Index channel = 0; channel < c.in; ++channel) {
          y.row(r) +=
              pixel(channel) * weight.col((channel * k + ky) * k + kx).transpose().cast<double>();
        }
      }
    }
  }
  return y;
}

std::vector<Case> cases() {
  return {{{.side = 4}, 1, 5, 7},
          {{.side = 1}, 3, 64, 32},
          {{.side = 7, .kernel = 3}, 2, 16, 16},
          {{.side = 8, .kernel = 3, .stride = 2}, 9, 3, 8},
          {{.side = 14, .kernel = 3}, 1, 40, 40},
          {{.side = 6}, 11, 32, 128}};
}

class Convolutions : public ::testing::TestWithParam<Epilogue> {
 protected:
  Device device_{{2, Precision::kFloat32}};
  Stream stream_{device_};
  Random random_{5};
};

TEST_P(Convolutions, SumOverTheKernelsWindow) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(::testing::Message() << "side " << c.shape.side << ", " << c.images << " images");
    const Matrix weight = random_.normal_matrix(c.out, c.in * c.shape.kernel * c.shape.kernel, 0.3);
    const Vector bias = random_.normal_matrix(c.out, 1, 1);
    const Matrix x = random_.normal_matrix(c.images * c.shape.side * c.shape.side, c.in, 1);
    const Convolution convolution(device_, weight, bias, c.shape, GetParam());
    Double expected = plain_convolution(c, weight, bias, x);
    const Matrix before = random_.normal_matrix(expected.rows(), c.out, 1);
    if (GetParam() == Epilogue::kAddRelu) expected += before.cast<double>();
    if (GetParam() != Epilogue::kNone) expected = expected.cwiseMax(0);

    ASSERT_EQ(convolution.side_out() * convolution.side_out() * c.images, expected.rows());
    const bool adds = GetParam() == Epilogue::kAddRelu;
    Buffer y = adds ? buffer_of(before, NumberFormat::kFloat32)
                    : unwritten(before.rows(), before.cols(), NumberFormat::kFloat32);
    convolution.forward(stream_, buffer_of(x, NumberFormat::kFloat32).view(), y.view());
    expect_close(y, expected);
  }
}

TEST_P(Convolutions, SeeEveryImageByItself) {
  const Case c{{.side = 7, .kernel = 3}, 5, 8, 24};
  const Convolution convolution(device_, random_.normal_matrix(c.out, c.in * 9, 0.3),
                                Vector::Zero(c.out), c.shape, GetParam());
  const Matrix x = random_.normal_matrix(c.images * 49, c.in, 1);
  const Buffer source = buffer_of(x, NumberFormat::kFloat32);
  Buffer together = buffer_of(Matrix::Zero(x.rows(), c.out), NumberFormat::kFloat32);
  Buffer alone = unwritten(49, c.out, NumberFormat::kFloat32);
  convolution.forward(stream_, source.view(), together.view());
  for (Index i = 0; i < c.images; ++i) {
    fill_zero(alone.view());
    convolution.forward(stream_, source.middle_rows(49 * i, 49), alone.view());
    EXPECT_LE((download(alone.view()) - download(together.middle_rows(49 * i, 49))).norm(), 1e-4);
  }
}

TEST_P(Convolutions, RefuseWhatDoesNotFit) {
  const auto make = [&](Index cols, const ConvolutionShape& shape) {
    return testing::error_of(
        [&] { Convolution(device_, Matrix::Zero(4, cols), Vector::Zero(4), shape, GetParam()); });
  };
  EXPECT_THAT(make(10, {.side = 4, .kernel = 3}), ::testing::HasSubstr("kernel 3"));
  EXPECT_THAT(make(4, {.side = 4, .kernel = 2}), ::testing::HasSubstr("kernel 2"));
  const Convolution convolution(device_, Matrix::Zero(4, 3), Vector::Zero(4), {.side = 4},
                                GetParam());
  const Buffer x = unwritten(17, 3, NumberFormat::kFloat32);
  Buffer y = unwritten(17, 4, NumberFormat::kFloat32);
  EXPECT_THAT(testing::error_of([&] { convolution.forward(stream_, x.view(), y.view()); }),
              ::testing::HasSubstr("[17, 3] -> [17, 4]"));
}

INSTANTIATE_TEST_SUITE_P(Epilogues, Convolutions,
                         ::testing::Values(Epilogue::kNone, Epilogue::kRelu, Epilogue::kAddRelu));

TEST(AveragePool, TakesTheMeanOfEverySquare) {
  const Device device({2, Precision::kFloat32});
  Stream stream(device);
  // Two maps of 4 x 4 pixels whose values are their numbers, and a second channel of twice that.
  Matrix x(32, 2);
  for (Index r = 0; r < 32; ++r) x.row(r) << static_cast<float>(r), static_cast<float>(2 * r);
  const Buffer source = buffer_of(x, NumberFormat::kFloat32);
  Buffer pooled = unwritten(8, 2, NumberFormat::kFloat32);
  average_pool(stream, 4, 2, source.view(), pooled.view());
  Matrix expected(8, 2);
  expected << 2.5f, 5, 4.5f, 9, 10.5f, 21, 12.5f, 25, 18.5f, 37, 20.5f, 41, 26.5f, 53, 28.5f, 57;
  EXPECT_EQ(download(pooled.view()), expected);
  EXPECT_THROW(average_pool(stream, 4, 3, source.view(), pooled.view()), Error);
}

}  // namespace
}  // namespace qprompt::kernels
