#include "qprompt/data/resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/random.h"
#include "tests/data/image_files.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::constant;
using testing::error_of;
using ::testing::HasSubstr;

Image noise(int width, int height) {
  Image image = constant(width, height, 0, 0, 0);
  Random random(7);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

Image cropped(const Image& image, const Box& box) {
  Image out{.width = box.width, .height = box.height};
  for (int y = box.y; y < box.y + box.height; ++y) {
    const auto row = image.pixels.begin() + 3 * (y * image.width + box.x);
    out.pixels.insert(out.pixels.end(), row, row + 3 * box.width);
  }
  return out;
}

// The first channel, for pictures whose channels are equal.
std::vector<int> gray_levels(const Image& image) {
  std::vector<int> levels;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) levels.push_back(image.pixels[i]);
  return levels;
}

Image gray(int width, int height, const std::vector<int>& levels) {
  Image image{.width = width, .height = height};
  for (const int level : levels) image.pixels.insert(image.pixels.end(), 3, level);
  return image;
}

// Values of Pillow 10.4: Image.resize(size, BICUBIC).
TEST(Resize, GivesPillowsValues) {
  const Image ramp = gray(6, 2, {0, 10, 200, 255, 30, 90, 255, 128, 64, 32, 16, 8});
  EXPECT_THAT(gray_levels(resize(ramp, 3, 2)), ::testing::ElementsAre(19, 194, 79, 184, 48, 11));
  EXPECT_THAT(gray_levels(resize(ramp, 4, 1)), ::testing::ElementsAre(108, 115, 105, 35));
  EXPECT_THAT(gray_levels(resize(ramp, 7, 3)),
              ::testing::ElementsAre(0, 0, 138, 255, 194, 27, 98, 128, 78, 109, 149, 105, 20, 50,
                                     255, 165, 79, 31, 15, 13, 2));
}

TEST(Resize, KeepsAConstantPictureConstant) {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 300}, {300, 7}, {64, 64}, {129, 1}}) {
    EXPECT_EQ(resize(constant(50, 41, 255, 3, 128), width, height),
              constant(width, height, 255, 3, 128));
  }
}

TEST(Resize, ToTheSameSizeIsTheIdentity) {
  const Image image = noise(31, 17);
  EXPECT_EQ(resize(image, 31, 17), image);
}

TEST(Resize, CommutesWithFlippingRowsAndColumns) {
  const Image image = noise(23, 45);
  Image turned = image;  // by 180 degrees, channels too
  std::reverse(turned.pixels.begin(), turned.pixels.end());
  Image resized = resize(turned, 64, 30);
  std::reverse(resized.pixels.begin(), resized.pixels.end());
  EXPECT_EQ(resized, resize(image, 64, 30));
}

TEST(Resize, OfABoxIsTheResizedCrop) {
  const Image image = noise(80, 60);
  for (const Box& box : {Box{0, 0, 80, 60}, {79, 59, 1, 1}, {10, 20, 33, 7}, {0, 5, 32, 32}}) {
    EXPECT_EQ(resize_box(image, box, 32, 32), resize(cropped(image, box), 32, 32));
  }
}

TEST(Resize, OfAWindowIsThePartOfTheWhole) {
  const Image image = noise(90, 60);
  for (const auto& [width, height] : {std::pair{96, 64}, {45, 60}, {90, 33}, {200, 150}}) {
    const Box part{.x = width / 5, .y = height / 4, .width = width / 3, .height = height / 2};
    const Image window = resize_window(image, {.full_width = width,
                                               .full_height = height,
                                               .x = part.x,
                                               .y = part.y,
                                               .width = part.width,
                                               .height = part.height});
    EXPECT_EQ(window, cropped(resize(image, width, height), part));
  }
}

TEST(Resize, RefusesWhatIsNotInside) {
  const Image image = noise(8, 8);
  EXPECT_THAT(error_of([&] {
                resize_box(image, {1, 0, 8, 8}, 4, 4);
              }),
              HasSubstr("8x8 at 1,0 is not inside an image of 8x8"));
  EXPECT_THAT(error_of([&] { resize(image, 0, 4); }), HasSubstr("to 0x4"));
  EXPECT_THAT(error_of([&] { resize(Image{}, 4, 4); }), HasSubstr("0x0"));
  EXPECT_THAT(error_of([&] {
                resize_window(image, {.full_width = 4, .full_height = 4, .width = 5, .height = 4});
              }),
              HasSubstr("is not inside 4x4"));
}

}  // namespace
}  // namespace qprompt
