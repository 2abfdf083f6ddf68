#include "qprompt/data/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/image_files.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::constant;
using testing::gradient;
using ::testing::HasSubstr;

Image columns_numbered(int width, int height) {
  Image image = constant(width, height, 0, 0, 0);
  for (int i = 0; i < width * height; ++i) image.pixels[3 * i] = i % width;
  return image;
}

TEST(ClipPreprocess, LeavesASquareOfItsSizeAlone) {
  EXPECT_EQ(clip_preprocess(gradient(64, 64), {.image_size = 64}), gradient(64, 64));
}

TEST(ClipPreprocess, CutsTheMiddleAndRoundsHalvesToEven) {
  // (width - 10) / 2 = 1.5 -> 2, 0.5 -> 0, 2.5 -> 2, 2
  for (const auto& [width, first] : {std::pair{13, 2}, {11, 0}, {15, 2}, {14, 2}}) {
    EXPECT_EQ(clip_preprocess(columns_numbered(width, 10), {.image_size = 10}).pixels[0], first)
        << width;
  }
}

TEST(ClipPreprocess, TruncatesTheLongerSide) {
  // 11 * 10 / 7 = 15.7: columns of the picture resized to 15x10, from round(2.5) = 2.
  const Image image = gradient(11, 7);
  EXPECT_EQ(clip_preprocess(image, {.image_size = 10}),
            resize_window(
                image, {.full_width = 15, .full_height = 10, .x = 2, .width = 10, .height = 10}));
}

TEST(ClipPreprocess, NeedsNoMemoryForTheLongSideOfAThread) {
  const Image thread = constant(1, 1'000'000, 10, 20, 30);
  EXPECT_EQ(clip_preprocess(thread, {.image_size = 224}), constant(224, 224, 10, 20, 30));
}

TEST(ClipPreprocess, RefusesAnImageWithoutPixels) {
  EXPECT_THAT(testing::error_of([] { clip_preprocess(Image{}, {.image_size = 8}); }),
              HasSubstr("without pixels"));
}

TEST(Normalize, WritesPlanesOfStandardScores) {
  std::vector<float> out(6);
  const Image image{.width = 2, .height = 1, .pixels = {0, 51, 255, 255, 102, 0}};
  normalize(image, {0.0F, 0.2F, 1.0F}, {1.0F, 0.1F, 0.5F}, out);
  const std::vector<float> expected{0, 1, 0, 2, 0, -2};
  EXPECT_THAT(out, ::testing::Pointwise(::testing::FloatNear(1e-6F), expected));
}

TEST(Normalize, RefusesAnotherSize) {
  std::vector<float> out(5);
  EXPECT_THAT(testing::error_of([&] {
                normalize(constant(2, 1, 0, 0, 0), {}, {1, 1, 1}, out);
              }),
              HasSubstr("6 values into 5"));
}

}  // namespace
}  // namespace qprompt
