#pragma once

#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/text_tower.h"
#include "tests/reference/towers.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {

using Double = reference::Matrix;

// A random checkpoint on disk, and its towers in double precision.
class RandomTowers {
 public:
  explicit RandomTowers(const ClipShape& shape)
      : weights_(testing::write_random_model(folder_.path(), shape)),
        checkpoint(Checkpoint::open(folder_.path())),
        text(weights_.text_stem, weights_.text_blocks, shape.text),
        image(weights_.image_stem, weights_.image_blocks, shape) {}

 private:
  testing::TemporaryFolder folder_;
  reference::RandomClip weights_;

 public:
  Checkpoint checkpoint;
  reference::TextTower text;
  reference::ImageTower image;
};

inline kernels::Device device_of(kernels::NumberFormat format, int threads = 2) {
  const bool bf16 = format == kernels::NumberFormat::kBfloat16;
  return kernels::Device(
      {threads, bf16 ? kernels::Precision::kBfloat16 : kernels::Precision::kFloat32});
}

// How far a tower's results may be from the plain ones, in L2 norm relative to theirs. bf16 keeps 8
// bits of weights and of what enters every product: one rounding is off by 2^-9 on average, and
// roundings of a few layers add up like independent errors, more so on the way there and back.
struct TowerError {
  double features, gradient;
};
inline TowerError tower_error(kernels::NumberFormat format) {
  if (format == kernels::NumberFormat::kFloat32) return {1e-5, 1e-4};
  return {1.5e-2, 3e-2};
}

inline void expect_close(const Double& actual, const Double& expected, double error) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  EXPECT_LE((actual - expected).norm(), error * expected.norm());
}
inline void expect_close(const Matrix& actual, const Double& expected, double error) {
  expect_close(Double(actual.cast<double>()), expected, error);
}

}  // namespace qprompt
