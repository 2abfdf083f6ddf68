#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>

#include "tests/data/image_files.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::decode;
using ::testing::ElementsAre;
using testing::error_of;
using testing::gradient;
using ::testing::HasSubstr;
using testing::tiff_file;
using testing::TiffKind;

std::string text(const Image& image) { return {image.pixels.begin(), image.pixels.end()}; }
std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

// One row.
std::vector<std::uint8_t> row(int width, const TiffKind& kind, std::initializer_list<int> samples,
                              const std::vector<std::uint16_t>& colour_map = {}) {
  return decode(tiff_file(width, 1, kind, bytes(samples), colour_map)).pixels;
}

TEST(Tiff, IsReadAsItWasWrittenWhateverTheCompression) {
  const Image image = gradient(37, 23);
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                COMPRESSION_PACKBITS, COMPRESSION_ZSTD}) {
    EXPECT_EQ(decode(tiff_file(37, 23, {.compression = compression}, text(image))), image);
  }
}

TEST(Tiff, IsReadFromPlanesAndFromTiles) {
  EXPECT_THAT(row(2, {.planar = true}, {1, 2, 30, 40, 50, 60}), ElementsAre(1, 30, 50, 2, 40, 60));
  const Image tile = gradient(16, 16);  // of which the picture is the upper left part
  const Image part = decode(tiff_file(5, 3, {.tiled = true}, text(tile)));
  ASSERT_EQ(part.width, 5);
  for (int y = 0; y < 3; ++y) {
    for (int i = 0; i < 15; ++i) EXPECT_EQ(part.pixels[y * 15 + i], tile.pixels[y * 48 + i]);
  }
}

TEST(Tiff, IsReadFromJpegNearlyAsItWasWritten) {
  const Image image = testing::constant(32, 24, 200, 90, 30);
  const Image decoded = decode(tiff_file(32, 24, {.compression = COMPRESSION_JPEG}, text(image)));
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    EXPECT_NEAR(decoded.pixels[i], image.pixels[i], 3);
  }
}

TEST(Tiff, OfGrayBecomesThreeEqualChannels) {
  const TiffKind gray{.photometric = PHOTOMETRIC_MINISBLACK, .samples = 1};
  EXPECT_THAT(row(2, gray, {7, 200}), ElementsAre(7, 7, 7, 200, 200, 200));
  const TiffKind inverted{.photometric = PHOTOMETRIC_MINISWHITE, .samples = 1};
  EXPECT_THAT(row(1, inverted, {7}), ElementsAre(248, 248, 248));
  const TiffKind one_bit{.photometric = PHOTOMETRIC_MINISBLACK, .bits = 1, .samples = 1};
  EXPECT_THAT(row(2, one_bit, {0b01000000}), ElementsAre(0, 0, 0, 255, 255, 255));
  const TiffKind four_bits{.photometric = PHOTOMETRIC_MINISBLACK, .bits = 4, .samples = 1};
  EXPECT_THAT(row(2, four_bits, {0x1F}), ElementsAre(17, 17, 17, 255, 255, 255));
}

TEST(Tiff, Of16BitsIsItsHighByteOrTheBitsItHolds) {
  const TiffKind rgb{.bits = 16};
  EXPECT_THAT(row(1, rgb, {9, 100, 9, 20, 255, 30}), ElementsAre(100, 20, 30));
  const TiffKind gray{.photometric = PHOTOMETRIC_MINISBLACK, .bits = 16, .samples = 1};
  EXPECT_THAT(row(2, gray, {0, 1, 0, 200}), ElementsAre(1, 1, 1, 200, 200, 200));
  EXPECT_THAT(row(2, gray, {0xF0, 0x0F, 0x10, 0}), ElementsAre(255, 255, 255, 1, 1, 1));
}

TEST(Tiff, LooksUpPalettesOf16And8Bits) {
  const TiffKind kind{.photometric = PHOTOMETRIC_PALETTE, .bits = 1, .samples = 1};
  EXPECT_THAT(row(2, kind, {0b01000000}, {256, 40 * 256, 512, 50 * 256, 768, 60 * 256}),
              ElementsAre(1, 2, 3, 40, 50, 60));
  EXPECT_THAT(row(2, kind, {0b01000000}, {1, 40, 2, 50, 3, 60}), ElementsAre(1, 2, 3, 40, 50, 60));
}

// Values by Pillow 13: Image.open(...).convert("RGB").
TEST(Tiff, OfInksAndAlphaIsConvertedAsPillowDoes) {
  const TiffKind cmyk{.photometric = PHOTOMETRIC_SEPARATED, .samples = 4};
  EXPECT_THAT(row(1, cmyk, {10, 100, 200, 30}), ElementsAre(216, 137, 49));
  const TiffKind straight{.samples = 4, .alpha = EXTRASAMPLE_UNASSALPHA};
  EXPECT_THAT(row(1, straight, {9, 8, 7, 0}), ElementsAre(9, 8, 7));
  const TiffKind multiplied{.samples = 4, .alpha = EXTRASAMPLE_ASSOCALPHA};
  EXPECT_THAT(row(1, multiplied, {50, 100, 25, 128}), ElementsAre(99, 199, 49));
}

// Pillow turns a TIFF as it is opened.
TEST(Tiff, IsTurnedAsItsOwnTagSays) {
  const Image turned = decode(tiff_file(2, 1, {.orientation = 6}, bytes({1, 2, 3, 4, 5, 6})));
  EXPECT_EQ(turned.width, 1);
  EXPECT_THAT(turned.pixels, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(row(2, {.orientation = 2}, {1, 2, 3, 4, 5, 6}), ElementsAre(4, 5, 6, 1, 2, 3));
}

TEST(Tiff, ThatCannotBeReadIsNamed) {
  const auto complaint = [](const TiffKind& kind, std::initializer_list<int> samples) {
    return error_of([&] { row(1, kind, samples); });
  };
  const TiffKind real{.photometric = PHOTOMETRIC_MINISBLACK,
                      .bits = 32,
                      .samples = 1,
                      .sample_format = SAMPLEFORMAT_IEEEFP};
  EXPECT_THAT(complaint(real, {0, 0, 0, 0}), HasSubstr("floating-point"));
  EXPECT_THAT(complaint({.photometric = PHOTOMETRIC_CIELAB}, {1, 2, 3}), HasSubstr("kind 8"));
  EXPECT_THAT(complaint({.subfile = FILETYPE_REDUCEDIMAGE}, {1, 2, 3}), HasSubstr("thumbnail"));
  EXPECT_THAT(complaint({.dng = true}, {1, 2, 3}), HasSubstr("a camera raw"));
  EXPECT_THAT(complaint({.bits = 12, .samples = 3}, {1, 2, 3, 4, 5}), HasSubstr("12 bits"));
}

}  // namespace
}  // namespace qprompt
