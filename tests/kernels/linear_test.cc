#include "qprompt/kernels/linear.h"

#include "tests/kernels/kernel_test.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

struct Layer {
  Matrix weight;
  Vector bias;
};

Layer random_layer(Random& random, Index in, Index out, NumberFormat format) {
  return {random_values(random, out, in, format, 0.3), random.normal_matrix(out, 1, 1)};
}

Double plain(const Layer& layer, const Matrix& x) {
  Double y = x.cast<double>() * layer.weight.cast<double>().transpose();
  if (layer.bias.size() > 0) y.rowwise() += layer.bias.cast<double>().transpose();
  return y;
}

class LinearLayer : public BothFormats {};

TEST_P(LinearLayer, IsTheFormulaForAnyNumberOfRowsAndAnyWidth) {
  const Device device = device_of(format());
  Stream stream(device);
  for (const auto& [in, out] : {std::pair<Index, Index>{1, 1}, {12, 20}, {96, 33}, {64, 192}}) {
    const Layer layer = random_layer(random_, in, out, format());
    const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
    EXPECT_EQ(linear.inputs(), in);
    EXPECT_EQ(linear.outputs(), out);
    for (Index n : {1, 2, 7, 300}) {
      const Matrix x = random_values(random_, n, in, format());
      for (NumberFormat result : {format(), NumberFormat::kFloat32}) {
        Buffer y = unwritten(n, out, result);
        linear.forward(stream, buffer_of(x, format()).view(), y.view());
        expect_close(y, plain(layer, x));
      }
    }
  }
}

TEST_P(LinearLayer, WorksWithoutBias) {
  const Device device = device_of(format());
  Stream stream(device);
  Layer layer = random_layer(random_, 20, 12, format());
  layer.bias = Vector();
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
  const Matrix x = random_values(random_, 5, 20, format());
  Buffer y = unwritten(5, 12, format());
  linear.forward(stream, buffer_of(x, format()).view(), y.view());
  expect_close(y, plain(layer, x));
}

// y is linear in x, so that d_x = d_y W has no error of finite differences to hide behind.
TEST_P(LinearLayer, PullsBackThroughTheTransposedWeight) {
  const Device device = device_of(format());
  Stream stream(device);
  const Layer layer = random_layer(random_, 20, 33, format());
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kYes, format());
  for (Index n : {1, 9}) {
    const Matrix d_y = random_values(random_, n, 33, format());
    Buffer d_x = unwritten(n, 20, format());
    linear.pull_back(stream, buffer_of(d_y, format()).view(), d_x.view());
    expect_close(d_x, d_y.cast<double>() * layer.weight.cast<double>());
  }
}

TEST_P(LinearLayer, ReadsAndWritesTheRowsOfItsViewsOnly) {
  const Device device = device_of(format());
  Stream stream(device);
  const Layer layer = random_layer(random_, 12, 12, format());
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
  const Matrix x = random_values(random_, 6, 12, format());
  const Buffer source = buffer_of(x, format());
  Buffer y = buffer_of(Matrix::Constant(6, 12, 2), format());
  linear.forward(stream, source.middle_rows(2, 3), y.middle_rows(1, 3));
  Double expected = Double::Constant(6, 12, 2);
  expected.middleRows(1, 3) = plain(layer, x.middleRows(2, 3));
  expect_close(y, expected);
}

TEST_P(LinearLayer, LeavesNoRowsAlone) {
  const Device device = device_of(format());
  Stream stream(device);
  const Layer layer = random_layer(random_, 12, 20, format());
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
  Buffer x = unwritten(0, 12, format()), y = unwritten(0, 20, format());
  EXPECT_NO_THROW(linear.forward(stream, x.view(), y.view()));
}

TEST_P(LinearLayer, DoesNotRememberWhatTheStreamDidBefore) {
  const Device device = device_of(format());
  Stream used(device), fresh(device);
  const Layer layer = random_layer(random_, 20, 12, format());
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
  Buffer poison = unwritten(64, 20, format()), ignored = unwritten(64, 12, format());
  linear.forward(used, poison.view(), ignored.view());
  const Buffer x = buffer_of(random_values(random_, 3, 20, format()), format());
  Buffer after = unwritten(3, 12, format()), alone = unwritten(3, 12, format());
  linear.forward(used, x.view(), after.view());
  linear.forward(fresh, x.view(), alone.view());
  expect_same(after, alone);
}

TEST_P(LinearLayer, RefusesShapesAndFormatsOfAnotherLayer) {
  const Device device = device_of(format());
  Stream stream(device);
  const Layer layer = random_layer(random_, 20, 12, format());
  const Linear linear(device, layer.weight, layer.bias, Differentiable::kNo, format());
  Buffer x = unwritten(3, 20, format()), y = unwritten(3, 12, format());
  Buffer narrow = unwritten(3, 19, format());
  EXPECT_THAT(testing::error_of([&] { linear.forward(stream, narrow.view(), y.view()); }),
              ::testing::HasSubstr("[3, 19]"));
  EXPECT_THAT(testing::error_of([&] { linear.pull_back(stream, y.view(), x.view()); }),
              ::testing::HasSubstr("not differentiable"));
  const bool is_float = format() == NumberFormat::kFloat32;
  const NumberFormat other = is_float ? NumberFormat::kBfloat16 : NumberFormat::kFloat32;
  Buffer foreign = unwritten(3, 20, other);
  EXPECT_THAT(testing::error_of([&] { linear.forward(stream, foreign.view(), y.view()); }),
              ::testing::HasSubstr("number format"));
}

INSTANTIATE_TEST_SUITE_P(Formats, LinearLayer, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels
