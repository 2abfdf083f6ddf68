#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "qprompt/data/opened_image.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/features/image_features.h"
#include "qprompt/features/image_side.h"
#include "tests/support/test_models.h"

namespace qprompt {

// The first `pictures` demo pictures, each under these random views.
inline std::vector<ImageRequest> views_of(std::size_t pictures,
                                          const std::vector<std::uint64_t>& views) {
  std::vector<ImageRequest> requests;
  for (const auto& path : testing::demo_pictures(pictures)) requests.push_back({path, views});
  return requests;
}

inline std::vector<ImageRequest> whole_pictures(std::size_t pictures) {
  return views_of(pictures, {});
}

// A TIFF of one gray pixel of 16 bits, 2048: decoding it gives a notice.
inline std::string gray_16_tiff() {
  std::string file("II*\0\x08\0\0\0\x09\0", 10);
  const auto append = [&](int value, int bytes) {
    for (int i = 0; i < bytes; ++i) file += static_cast<char>(value >> 8 * i & 255);
  };
  constexpr int kTags[][2] = {{256, 1},   {257, 1}, {258, 16}, {259, 1}, {262, 1},
                              {273, 122}, {277, 1}, {278, 1},  {279, 2}};
  for (const auto& [tag, value] : kTags) {
    append(tag, 2);
    append(3, 2);  // 16 bits
    append(1, 4);
    append(value, 4);
  }
  append(0, 4);
  append(2048, 2);
  return file;
}

inline std::vector<std::uint64_t> odd_seeds(std::size_t count) {
  std::vector<std::uint64_t> seeds;
  for (std::size_t i = 0; i < count; ++i) seeds.push_back(2 * i + 1);
  return seeds;
}

// A picture's features depend on its place in a batch as far as float32 sums in another order do.
// Rounding to fp16 hides that but for a bit in the last place of a value here and there.
inline void expect_same_but_last_bits(const Matrix& actual, const Matrix& expected) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  const float noise = 1e-5f * expected.cwiseAbs().maxCoeff();
  const auto off = (actual - expected).array().abs();
  EXPECT_TRUE((off <= expected.array().abs() * 0x1p-10f + noise).all());
  EXPECT_LE((off > 0).count(), expected.size() / 50);
}

}  // namespace qprompt
