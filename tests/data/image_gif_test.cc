#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/image_files.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::decode;
using ::testing::ElementsAre;
using testing::gif_file;

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

// The first channel: 10 times the index.
std::vector<int> reds(const std::string& file) {
  const Image image = decode(file);
  std::vector<int> values;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) values.push_back(image.pixels[i]);
  return values;
}

TEST(Gif, LooksUpItsPaletteAndItsFramesOwn) {
  EXPECT_THAT(decode(gif_file(2, 1, {}, bytes({3, 1}))).pixels,
              ElementsAre(30, 60, 90, 10, 20, 30));
  EXPECT_THAT(decode(gif_file(2, 1, {.local_palette = true}, bytes({3, 1}))).pixels,
              ElementsAre(30, 60, 90, 10, 20, 30));
}

TEST(Gif, DropsTransparencyWithoutBlending) {
  EXPECT_THAT(reds(gif_file(2, 1, {.transparent = 3}, bytes({3, 1}))), ElementsAre(30, 10));
}

TEST(Gif, ReadsInterlacedRowsInTheirOrder) {
  // Stored: rows 0, 8, then 4, then 2, 6, then the odd ones.
  EXPECT_THAT(reds(gif_file(1, 9, {.interlaced = true}, bytes({0, 1, 2, 3, 0, 1, 2, 3, 1}))),
              ElementsAre(0, 10, 30, 20, 20, 30, 0, 10, 10));
}

// As Pillow 13 and 10.4.
TEST(Gif, FillsAroundASmallFrameWithTheFirstOrTheTransparentColour) {
  EXPECT_THAT(reds(gif_file(1, 1, {.screen_width = 3, .screen_height = 2, .left = 1, .top = 1},
                            bytes({2}))),
              ElementsAre(0, 0, 0, 0, 20, 0));
  EXPECT_THAT(
      reds(gif_file(1, 1, {.screen_width = 2, .screen_height = 1, .transparent = 3}, bytes({2}))),
      ElementsAre(20, 30));
}

TEST(Gif, IsAsLargeAsItsFrameWhereThatLeavesTheScreen) {
  EXPECT_THAT(
      reds(gif_file(2, 1, {.screen_width = 1, .screen_height = 1, .left = 1}, bytes({2, 1}))),
      ElementsAre(0, 20, 10));
}

TEST(Gif, WithoutAnyPaletteIsGray) {
  std::string file = gif_file(2, 1, {}, bytes({3, 1}));
  file[10] = static_cast<char>(file[10] & 0x7F);
  file.erase(13, 12);
  EXPECT_THAT(decode(file).pixels, ElementsAre(3, 3, 3, 1, 1, 1));
}

// As Pillow 13.
TEST(Gif, MayLackWhatComesBehindItsPixels) {
  const std::string file = gif_file(2, 1, {}, bytes({3, 1}));
  EXPECT_THAT(reds(file.substr(0, file.size() - 2)), ElementsAre(30, 10));
  EXPECT_THAT(testing::error_of([&] { decode(file.substr(0, file.size() - 3)); }),
              ::testing::HasSubstr("the file ends too early"));
}

}  // namespace
}  // namespace qprompt
