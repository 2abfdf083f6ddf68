#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include "tests/data/image_files.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::decode;
using ::testing::ElementsAre;
using testing::error_of;
using testing::gradient;
using ::testing::HasSubstr;
using testing::png_file;
using testing::png_row_file;
using testing::PngKind;

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

struct Read {
  std::vector<std::uint8_t> pixels;
  std::string notice;
};

Read read(const std::string& file) {
  Read read;
  read.pixels = decode_image(std::as_bytes(std::span(file)), "a.png",
                             {.notice = [&](const std::string& line) { read.notice = line; }})
                    .pixels;
  return read;
}

constexpr PngKind kGray16{PNG_COLOR_TYPE_GRAY, 16};

// Each length was tried with Pillow 13 and 10.4: they read it from the last four bytes of the
// compressed pixels (a checksum) on.
TEST(Png, IsReadWholeFromWhereItsPixelsEnd) {
  const Image image = gradient(40, 30);
  const std::string file = png_file(image);
  const std::size_t pixels_end = file.rfind("IEND") - 4 - 4 - 4;  // size, checksums
  for (std::size_t size = 0; size < file.size(); ++size) {
    if (size < pixels_end) {
      error_of([&] { decode(file.substr(0, size)); });
    } else {
      EXPECT_EQ(decode(file.substr(0, size)), image) << size;
    }
  }
  EXPECT_EQ(decode(file + "junk"), image);
}

TEST(Png, MayHaveAWrongChecksumOfAChunkButNotOfItsPixels) {
  const Image image = gradient(40, 30);
  std::string file = png_file(image);
  const std::size_t end = file.rfind("IEND") - 4;
  file[end - 1] ^= 1;  // Pillow does not look at it
  EXPECT_EQ(decode(file), image);
  file[end - 5] ^= 1;
  EXPECT_THAT(error_of([&] { decode(file); }), HasSubstr("incorrect data check"));
}

TEST(Png, Of16BitColourKeepsTheHighByte) {
  EXPECT_THAT(
      read(png_row_file(1, {PNG_COLOR_TYPE_RGB, 16}, bytes({1, 255, 2, 0, 30, 128}))).pixels,
      ElementsAre(1, 2, 30));
  EXPECT_THAT(read(png_row_file(1, {PNG_COLOR_TYPE_RGB, 16}, bytes({15, 255, 2, 0, 3, 0}))).notice,
              HasSubstr("nearly black"));
}

TEST(Png, Of16BitGrayKeepsTheHighByteWhereItIsInUse) {
  const Read full = read(png_row_file(2, kGray16, bytes({200, 255, 3, 7})));
  EXPECT_THAT(full.pixels, ElementsAre(200, 200, 200, 3, 3, 3));
  EXPECT_EQ(full.notice, "");
}

TEST(Png, Of16BitGrayThatHolds12Or8BitsIsReadAsSuchAndSaysSo) {
  const Read twelve = read(png_row_file(2, kGray16, bytes({15, 240, 1, 16})));
  EXPECT_THAT(twelve.pixels, ElementsAre(255, 255, 255, 17, 17, 17));
  EXPECT_EQ(twelve.notice, "a.png: 16-bit gray with no value above 4080, read as 12 bits");
  const Read eight = read(png_row_file(2, kGray16, bytes({0, 255, 0, 7})));
  EXPECT_THAT(eight.pixels, ElementsAre(255, 255, 255, 7, 7, 7));
  EXPECT_THAT(eight.notice, HasSubstr("above 255, read as 8 bits"));
  const Read alpha =
      read(png_row_file(1, {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, bytes({8, 0, 255, 255})));
  EXPECT_THAT(alpha.pixels, ElementsAre(128, 128, 128));
  EXPECT_EQ(read(png_row_file(1, kGray16, bytes({0, 0}))).notice, "");  // black is black
}

TEST(Png, Of16BitGrayIsReadByTheBitsThatTheFileNames) {
  const PngKind ten{PNG_COLOR_TYPE_GRAY, 16, 10};
  EXPECT_THAT(read(png_row_file(2, ten, bytes({3, 255, 1, 0}))).pixels,
              ElementsAre(255, 255, 255, 64, 64, 64));
  // Scaled up, as the standard wants it.
  EXPECT_THAT(read(png_row_file(2, ten, bytes({255, 192, 8, 0}))).pixels,
              ElementsAre(255, 255, 255, 8, 8, 8));
  const PngKind sixteen{PNG_COLOR_TYPE_GRAY, 16, 16};
  EXPECT_THAT(read(png_row_file(1, sixteen, bytes({8, 0}))).pixels, ElementsAre(8, 8, 8));
}

}  // namespace
}  // namespace qprompt
