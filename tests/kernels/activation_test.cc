#include "qprompt/kernels/activation.h"

#include "tests/kernels/kernel_test.h"
#include "tests/reference/finite_differences.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

constexpr ActivationKind kKinds[] = {ActivationKind::kQuickGelu, ActivationKind::kGelu};

Double plain(ActivationKind kind, const Double& x) {
  return kind == ActivationKind::kGelu ? reference::gelu(x) : reference::quick_gelu(x);
}
Double plain_pull_back(ActivationKind kind, const Double& x, const Double& d_y) {
  return kind == ActivationKind::kGelu ? reference::gelu_pull_back(x, d_y)
                                       : reference::quick_gelu_pull_back(x, d_y);
}

class Activate : public BothFormats {};

TEST_P(Activate, IsTheFormulaForAnyNumberOfElements) {
  Stream stream(device_of(format()));
  for (ActivationKind kind : kKinds) {
    for (Index cols : {1, 12, 20, 96, 4097}) {
      const Matrix x = random_values(random_, 3, cols, format(), 2);
      Buffer y = unwritten(3, cols, format());
      activate(stream, kind, buffer_of(x, format()).view(), y.view());
      expect_close(y, plain(kind, x.cast<double>()));
    }
  }
}

TEST_P(Activate, StaysExactFarFromZero) {
  Stream stream(device_of(format()));
  Matrix x(1, 8);
  x << -200, -40, -8, -0.0f, 0, 8, 40, 200;
  const Buffer rows = buffer_of(x, format()), ones = buffer_of(Matrix::Ones(1, 8), format());
  for (ActivationKind kind : kKinds) {
    Buffer y = unwritten(1, 8, format()), d_x = unwritten(1, 8, format());
    activate(stream, kind, rows.view(), y.view());
    expect_close(y, plain(kind, x.cast<double>()));
    activate_pull_back(stream, kind, rows.view(), ones.view(), d_x.view());
    expect_close(d_x, plain_pull_back(kind, x.cast<double>(), Double::Ones(1, 8)));
  }
}

TEST_P(Activate, PullsBackThroughTheSlope) {
  Stream stream(device_of(format()));
  for (ActivationKind kind : kKinds) {
    for (Index cols : {1, 12, 20, 4097}) {
      const Matrix x = random_values(random_, 3, cols, format(), 2);
      const Matrix d_y = random_values(random_, 3, cols, format());
      Buffer d_x = unwritten(3, cols, format());
      activate_pull_back(stream, kind, buffer_of(x, format()).view(),
                         buffer_of(d_y, format()).view(), d_x.view());
      expect_close(d_x, plain_pull_back(kind, x.cast<double>(), d_y.cast<double>()));
    }
  }
}

TEST_P(Activate, GradientAgreesWithFiniteDifferencesOfTheFormula) {
  Stream stream(device_of(format()));
  const Matrix x = random_values(random_, 4, 9, format(), 2);
  const Matrix d_y = random_values(random_, 4, 9, format());
  for (ActivationKind kind : kKinds) {
    Buffer d_x = unwritten(4, 9, format());
    activate_pull_back(stream, kind, buffer_of(x, format()).view(), buffer_of(d_y, format()).view(),
                       d_x.view());
    expect_close(d_x, reference::finite_differences(
                          [&](const Double& at) {
                            return reference::dot(d_y.cast<double>(), plain(kind, at));
                          },
                          x.cast<double>()));
  }
}

TEST_P(Activate, WorksInPlace) {
  Stream stream(device_of(format()));
  const Buffer x = buffer_of(random_values(random_, 5, 20, format()), format());
  const Buffer d_y = buffer_of(random_values(random_, 5, 20, format()), format());
  for (ActivationKind kind : kKinds) {
    Buffer apart = unwritten(5, 20, format()), within = buffer_of(download(x.view()), format());
    activate(stream, kind, x.view(), apart.view());
    activate(stream, kind, within.view(), within.view());
    expect_same(within, apart);
    activate_pull_back(stream, kind, x.view(), d_y.view(), apart.view());
    within = buffer_of(download(d_y.view()), format());
    activate_pull_back(stream, kind, x.view(), within.view(), within.view());
    expect_same(within, apart);
  }
}

TEST_P(Activate, GivesTheSameBytesForOneAndTwoThreads) {
  Stream one(device_of(format(), 1)), two(device_of(format(), 2));
  const Buffer x = buffer_of(random_values(random_, 77, 129, format()), format());
  for (ActivationKind kind : kKinds) {
    Buffer a = unwritten(77, 129, format()), b = unwritten(77, 129, format());
    activate(one, kind, x.view(), a.view());
    activate(two, kind, x.view(), b.view());
    expect_same(a, b);
  }
}

TEST_P(Activate, RefusesAnotherShape) {
  Stream stream(device_of(format()));
  Buffer x = unwritten(3, 4, format()), y = unwritten(3, 5, format());
  EXPECT_THAT(
      testing::error_of([&] { activate(stream, ActivationKind::kGelu, x.view(), y.view()); }),
      ::testing::HasSubstr("[3, 5]"));
}

INSTANTIATE_TEST_SUITE_P(Formats, Activate, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels
