#pragma once

#include <gtest/gtest.h>

#include <limits>

#include "qprompt/core/random.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"
#include "tests/reference/mathematics.h"

namespace qprompt::kernels {

using Double = reference::Matrix;

// Kernels compute in float32: this much of the largest value.
constexpr double kFloatError = 4e-6;
// The formulas are given the very bf16 values that the kernels read and sums run in float32, so
// that only the result's own rounding is left: bf16 has 8 significant bits, nearest is within 2^-8
// of each.
constexpr double kBf16Error = 0x1.0p-8;

inline Device device_of(NumberFormat format, int threads = 2) {
  const bool bf16 = format == NumberFormat::kBfloat16;
  return Device({threads, bf16 ? Precision::kBfloat16 : Precision::kFloat32});
}

inline Buffer buffer_of(const Matrix& values, NumberFormat format) {
  Buffer buffer;
  buffer.resize(values.rows(), values.cols(), format);
  upload(values, buffer.view());
  return buffer;
}

// Not a number everywhere, so that an entry which a kernel forgets to write is noticed.
inline Buffer unwritten(Index rows, Index cols, NumberFormat format) {
  return buffer_of(Matrix::Constant(rows, cols, std::numeric_limits<float>::quiet_NaN()), format);
}

inline Double in_double(const Buffer& buffer) { return download(buffer.view()).cast<double>(); }

// Normally distributed values, rounded to `format` so that an upload keeps them.
inline Matrix random_values(Random& random, Index rows, Index cols, NumberFormat format,
                            double standard_deviation = 1) {
  const Matrix values = random.normal_matrix(rows, cols, standard_deviation);
  return download(buffer_of(values, format).view());
}

inline void expect_close(const Buffer& actual, const Double& expected) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  if (expected.size() == 0) return;
  const Double values = in_double(actual);
  const double rounding = actual.format() == NumberFormat::kBfloat16 ? kBf16Error : 0;
  const double floor = kFloatError * expected.cwiseAbs().maxCoeff();
  for (Index r = 0; r < expected.rows(); ++r) {
    for (Index c = 0; c < expected.cols(); ++c) {
      const double bound = rounding * std::abs(expected(r, c)) + floor;
      ASSERT_NEAR(values(r, c), expected(r, c), bound) << "row " << r << ", column " << c;
    }
  }
}

inline void expect_same(const Buffer& a, const Buffer& b) {
  EXPECT_EQ(download(a.view()), download(b.view()));
}

class BothFormats : public ::testing::TestWithParam<NumberFormat> {
 protected:
  NumberFormat format() const { return GetParam(); }

  Random random_{7};
};

inline std::string format_name(const ::testing::TestParamInfo<NumberFormat>& info) {
  return enum_names(info.param)[static_cast<std::size_t>(info.param)];
}

inline auto both_formats() {
  return ::testing::Values(NumberFormat::kFloat32, NumberFormat::kBfloat16);
}

}  // namespace qprompt::kernels
