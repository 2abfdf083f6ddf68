#include "qprompt/kernels/normalize.h"

#include "tests/kernels/kernel_test.h"
#include "tests/reference/finite_differences.h"

namespace qprompt::kernels {
namespace {

constexpr NumberFormat kFloat32 = NumberFormat::kFloat32;
constexpr double kEps = 1e-5;

reference::LayerNorm plain_norm(Index width) {
  return {reference::RowVector::Ones(width), reference::RowVector::Zero(width), kEps};
}

class Normalize : public BothFormats {
 protected:
  // Rows that are far from centred, as residual streams are.
  Matrix stream_rows(Index rows, Index cols) {
    return random_.normal_matrix(rows, cols, 2).array() + 3.0f;
  }
};

constexpr Index kWidths[] = {1, 7, 12, 20, 96, 512};

TEST_P(Normalize, IsALayerNormWithoutItsAffinePart) {
  Stream stream(device_of(format()));
  for (Index width : kWidths) {
    for (Index rows : {1, 3, 50}) {
      const Matrix x = stream_rows(rows, width);
      Buffer y = unwritten(rows, width, format()), statistics = unwritten(rows, 2, kFloat32);
      normalize(stream, buffer_of(x, kFloat32).view(), kEps, y.view(), statistics.view());
      expect_close(y, reference::layer_norm(plain_norm(width), x.cast<double>()));
      EXPECT_NEAR(download(statistics.view())(rows - 1, 0), x.row(rows - 1).mean(), 1e-5);
    }
  }
}

TEST_P(Normalize, AddsTheBranchFirst) {
  Stream stream(device_of(format()));
  const Matrix x = stream_rows(9, 20), branch = random_.normal_matrix(9, 20, 1);
  Buffer sum = unwritten(9, 20, kFloat32), y = unwritten(9, 20, format());
  Buffer statistics = unwritten(9, 2, kFloat32);
  add_normalize(stream, buffer_of(x, kFloat32).view(), buffer_of(branch, kFloat32).view(), kEps,
                sum.view(), y.view(), statistics.view());
  const Double added = x.cast<double>() + branch.cast<double>();
  expect_close(sum, added);
  expect_close(y, reference::layer_norm(plain_norm(20), added));
}

struct PullBack {
  Buffer d_x, copy;
};

PullBack pull_back(Stream& stream, const Matrix& x, const Buffer& d_y, const Matrix& before,
                   NumberFormat copied) {
  const Buffer rows = buffer_of(x, kFloat32);
  Buffer y = unwritten(x.rows(), x.cols(), kFloat32), statistics = unwritten(x.rows(), 2, kFloat32);
  normalize(stream, rows.view(), kEps, y.view(), statistics.view());
  PullBack result{buffer_of(before, kFloat32), unwritten(x.rows(), x.cols(), copied)};
  normalize_pull_back(stream, rows.view(), statistics.view(), d_y.view(), result.d_x.view(),
                      result.copy.view());
  return result;
}

TEST_P(Normalize, AddsItsGradientToTheResidualStreams) {
  Stream stream(device_of(format()));
  for (Index width : kWidths) {
    const Matrix x = stream_rows(11, width), before = random_.normal_matrix(11, width, 1);
    const Matrix d_y = random_values(random_, 11, width, format());
    const Double expected =
        before.cast<double>() +
        reference::layer_norm_pull_back(plain_norm(width), x.cast<double>(), d_y.cast<double>());
    const PullBack result = pull_back(stream, x, buffer_of(d_y, format()), before, format());
    expect_close(result.d_x, expected);
    expect_close(result.copy, expected);
    // The tower's end: a float32 gradient whose copy is in the device's format.
    const PullBack mixed = pull_back(stream, x, buffer_of(d_y, kFloat32), before, format());
    expect_close(mixed.copy, expected);
  }
}

TEST_P(Normalize, GradientAgreesWithFiniteDifferencesOfTheFormula) {
  Stream stream(device_of(format()));
  const Matrix x = stream_rows(3, 12), d_y = random_values(random_, 3, 12, format());
  const Double expected = reference::finite_differences(
      [&](const Double& at) {
        return reference::dot(d_y.cast<double>(), reference::layer_norm(plain_norm(12), at));
      },
      x.cast<double>());
  const Matrix nothing = Matrix::Zero(3, 12);
  expect_close(pull_back(stream, x, buffer_of(d_y, format()), nothing, format()).copy, expected);
}

TEST_P(Normalize, GivesTheSameBytesForOneAndTwoThreads) {
  Stream one(device_of(format(), 1)), two(device_of(format(), 2));
  const Matrix x = stream_rows(77, 20), before = random_.normal_matrix(77, 20, 1);
  const Buffer d_y = buffer_of(random_values(random_, 77, 20, format()), format());
  const PullBack a = pull_back(one, x, d_y, before, format());
  const PullBack b = pull_back(two, x, d_y, before, format());
  expect_same(a.d_x, b.d_x);
  expect_same(a.copy, b.copy);
}

TEST_P(Normalize, MapsAConstantRowToZero) {
  Stream stream(device_of(format()));
  Buffer y = unwritten(1, 20, format()), statistics = unwritten(1, 2, kFloat32);
  normalize(stream, buffer_of(Matrix::Constant(1, 20, 4), kFloat32).view(), kEps, y.view(),
            statistics.view());
  EXPECT_EQ(download(y.view()), Matrix::Zero(1, 20));
}

TEST(ScaleShift, IsTheAffinePart) {
  Random random(3);
  Stream stream(device_of(kFloat32));
  for (Index width : kWidths) {
    const Matrix x = random.normal_matrix(10, width, 1);
    const Vector weight = random.normal_matrix(width, 1, 1),
                 bias = random.normal_matrix(width, 1, 1);
    Buffer rows = buffer_of(x, kFloat32);
    scale_shift(stream, weight, bias, rows.view());
    Double expected = x.cast<double>() * weight.cast<double>().asDiagonal();
    expected.rowwise() += bias.cast<double>().transpose();
    expect_close(rows, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Normalize, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels
