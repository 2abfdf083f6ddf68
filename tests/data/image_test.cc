#include "qprompt/data/image.h"
#include "qprompt/data/opened_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <tiffio.h>

#include <optional>

#include "qprompt/core/file.h"
#include "tests/data/image_files.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace qprompt {
namespace {

using ::testing::AllOf;
using testing::bmp_file;
using testing::constant;
using testing::decode;
using ::testing::ElementsAre;
using testing::error_of;
using testing::gif_file;
using testing::gradient;
using ::testing::HasSubstr;
using testing::jpeg_file;
using testing::JpegKind;
using testing::png_file;
using testing::png_row_file;
using ::testing::StartsWith;
using testing::TemporaryFolder;
using testing::tiff_file;
using testing::webp_file;

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

// All four colours, without much order.
std::string indices(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>((i * i / 7 + i) % 4);
  return text;
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

TEST(Image, IsReadFromEveryLosslessFormatAsItWasWritten) {
  const Image image = gradient(37, 23);
  EXPECT_EQ(decode(png_file(image)), image);
  EXPECT_EQ(decode(webp_file(image)), image);
  EXPECT_EQ(decode(bmp_file(image)), image);
}

TEST(Image, IsReadFromJpegNearlyAsItWasWritten) {
  const Image image = constant(40, 24, 200, 90, 30);
  for (const JpegKind kind : {JpegKind::kBaseline, JpegKind::kProgressive, JpegKind::kAdobeCmyk}) {
    const Image decoded = decode(jpeg_file(image, kind));
    ASSERT_EQ(decoded.pixels.size(), image.pixels.size());
    EXPECT_LE(largest_difference(decoded, image), 2);
  }
}

TEST(Image, OfGrayBecomesThreeEqualChannels) {
  const Image decoded = decode(jpeg_file(constant(16, 16, 77, 0, 0), JpegKind::kGray));
  EXPECT_LE(largest_difference(decoded, constant(16, 16, 77, 77, 77)), 1);
}

TEST(Image, BlackInkDarkensWhatAdobeWrites) {
  Image ink = constant(8, 8, 255, 255, 255);
  EXPECT_LE(largest_difference(decode(jpeg_file(ink, JpegKind::kAdobeCmyk)), ink), 1);
}

TEST(Image, DropsAlphaWithoutBlending) {
  EXPECT_THAT(
      decode(png_row_file(2, {PNG_COLOR_TYPE_RGBA}, bytes({9, 8, 7, 0, 1, 2, 3, 128}))).pixels,
      ElementsAre(9, 8, 7, 1, 2, 3));
  EXPECT_THAT(decode(png_row_file(2, {PNG_COLOR_TYPE_GRAY_ALPHA}, bytes({9, 0, 5, 255}))).pixels,
              ElementsAre(9, 9, 9, 5, 5, 5));
}

TEST(Image, LooksUpPalettes) {
  EXPECT_THAT(
      decode(png_row_file(2, {PNG_COLOR_TYPE_PALETTE}, bytes({1, 0}), bytes({1, 2, 3, 40, 50, 60})))
          .pixels,
      ElementsAre(40, 50, 60, 1, 2, 3));
}

TEST(Image, SpreadsFewBitsOfGrayOverTheWholeRange) {
  EXPECT_THAT(decode(png_row_file(3, {PNG_COLOR_TYPE_GRAY, 1}, bytes({0b10100000}))).pixels,
              ElementsAre(255, 255, 255, 0, 0, 0, 255, 255, 255));
  EXPECT_THAT(decode(png_row_file(2, {PNG_COLOR_TYPE_GRAY, 4}, bytes({0x1F}))).pixels,
              ElementsAre(17, 17, 17, 255, 255, 255));
}

TEST(Image, IsRecognisedByItsContentNotItsName) {
  const TemporaryFolder folder;
  const Image image = gradient(5, 4);
  EXPECT_EQ(read_image(folder.file("picture.jpg", webp_file(image))), image);
}

TEST(Image, NamesAnEmptyAndAnUnknownFile) {
  const TemporaryFolder folder;
  const auto empty = folder.file("empty.jpg", "");
  EXPECT_THAT(error_of([&] { read_image(empty); }),
              AllOf(StartsWith(empty.string()), HasSubstr("empty")));
  EXPECT_THAT(error_of([] { decode("\x01\x02", "a.gif"); }),
              AllOf(StartsWith("a.gif"), HasSubstr("of no known format"),
                    HasSubstr("expected JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC")));
  EXPECT_THAT(error_of([&] { read_image(folder / "none.png"); }), HasSubstr("none.png"));
}

TEST(Image, OfAFormatThatIsNotReadIsNamed) {
  const std::pair<std::string, std::string> kinds[] = {
      {"%PDF-1.7", "a PDF"},
      {"8BPS\1", "a Photoshop document"},
      {bytes({0, 0, 0, 12}) + "jP  \r\n", "a JPEG 2000"},
      {bytes({0xFF, 0x0A, 1}), "a JPEG XL"},
      {bytes({0, 0, 0, 12}) + "JXL \r\n", "a JPEG XL"},
      {bytes({0, 0, 0, 24}) + "ftypcrx ", "a camera raw (CR3)"},
      {"II*" + bytes({0, 16, 0, 0, 0}) + "CR\2", "a camera raw (CR2)"},
      {bytes({0, 0, 0, 24}) + "ftypisom", "a video"},
      {"<?xml version='1.0'?>\n<svg xmlns=''/>", "an SVG"},
      {"\n<!DOCTYPE HTML><p>not found", "a web page"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer"},
      {"PK\3\4", "a zip archive"},
      {"Not found", "text"},
  };
  for (const auto& [content, kind] : kinds) {
    EXPECT_THAT(error_of([&] { decode(content, "a.jpg"); }), StartsWith("a.jpg: " + kind));
  }
}

std::vector<std::string> files_of_every_format() {
  const Image image = gradient(61, 47);
  const std::string rgb(image.pixels.begin(), image.pixels.end());
  const std::filesystem::path ours =
      std::filesystem::path(QPROMPT_SOURCE_DIR) / "tests/data/pictures";
  return {read_text(ours / "two_halves.avif"),
          read_text(ours / "two_halves.heic"),
          tiff_file(61, 47, {}, rgb),
          tiff_file(61, 47, {.compression = COMPRESSION_LZW}, rgb),
          tiff_file(61, 47, {.compression = COMPRESSION_JPEG}, rgb),
          gif_file(61, 47, {}, indices(61 * 47)),
          png_file(image),
          webp_file(image),
          bmp_file(image),
          jpeg_file(image),
          jpeg_file(image, JpegKind::kProgressive),
          jpeg_file(image, JpegKind::kAdobeCmyk)};
}

TEST(Image, CutShortIsAnErrorThatNamesTheFile) {
  for (const std::string& file : files_of_every_format()) {
    for (std::size_t size = 0; size < file.size() * 9 / 10; size += file.size() < 1000 ? 1 : 97) {
      EXPECT_THAT(error_of([&] { decode(file.substr(0, size), "cut.img"); }),
                  StartsWith("cut.img: "))
          << size << " of " << file.size();
    }
  }
}

// Decodes, or says what is wrong; nothing else may happen.
void decode_hostile(const std::string& file) {
#ifdef __SANITIZE_ADDRESS__
  // libheif 1.15 leaks 40 bytes for an AVIF whose content is empty.
  std::optional<__lsan::ScopedDisabler> unseen;
  if (file.find("avif") != std::string::npos) unseen.emplace();
#endif
  try {
    const Image image = decode(file, "hostile");
    EXPECT_EQ(image.pixels.size(), std::size_t{3} * image.width * image.height);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("hostile: "));
  } catch (const std::bad_alloc&) {
    ADD_FAILURE() << "memory was not lacking: " << file.substr(0, 4);
  }
}

TEST(Image, WithAnyChangedByteDecodesOrIsAnError) {
  for (const std::string& file : files_of_every_format()) {
    for (std::size_t i = 0; i < file.size(); i += i < 200 ? 1 : 97) {
      for (const int value : {0, 1, 127, 128, 255}) {
        std::string changed = file;
        changed[i] = static_cast<char>(value);
        decode_hostile(changed);
      }
    }
  }
}

TEST(Image, OfHugeSizeIsRefusedBeforeAnythingIsAllocated) {
  std::string bmp = bmp_file(gradient(2, 2));
  bmp.replace(18, 8, bytes({0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0}));  // 16,777,215 squared
  EXPECT_THAT(error_of([&] { decode(bmp); }), HasSubstr("16777215x16777215"));
  bmp.replace(18, 8, bytes({0x00, 0x20, 0, 0, 0x00, 0x20, 0, 0}));
  EXPECT_THAT(error_of([&] { decode(bmp); }), HasSubstr("8192x8192 pixels in 70 bytes"));
  std::string webp = webp_file(gradient(8, 8));
  webp.replace(21, 4, bytes({0xFF, 0xFF, 0xFF, 0x0F}));  // VP8L: twice 14 bits
  EXPECT_THAT(error_of([&] { decode(webp); }), HasSubstr("16384x16384"));
  std::string gif = gif_file(2, 2, {}, std::string(4, '\1'));
  gif.replace(6, 4, bytes({0x00, 0x30, 0x00, 0x30}));
  EXPECT_THAT(error_of([&] { decode(gif); }), HasSubstr("12288x12288 pixels in"));

  std::string jpeg = jpeg_file(gradient(8, 8));
  const std::size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, bytes({0xFF, 0xDC, 0xFF, 0xDC}));  // libjpeg's largest, 65,500
  EXPECT_THAT(error_of([&] { decode(jpeg); }), HasSubstr("65500x65500"));
}

TEST(WritePng, RefusesPixelsThatDoNotFitTheSize) {
  const TemporaryFolder folder;
  Image image = gradient(3, 3);
  image.pixels.pop_back();
  EXPECT_THAT(error_of([&] { write_png(folder / "a.png", image); }), HasSubstr("26 bytes for 3x3"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.png"));
}

TEST(ImageExtension, IsKnownInAnyCase) {
  EXPECT_TRUE(has_image_extension("a/b.JPG"));
  for (const char* name : {"b.webp", "b.jfif", "b.JPE", "b.Tif", "b.tiff", "b.gif", "b.avif",
                           "b.HEIC", "b.heif", "b.bmp", "b.png", "b.jpeg"}) {
    EXPECT_TRUE(has_image_extension(name)) << name;
  }
  EXPECT_THAT(image_extensions(), AllOf(StartsWith(".jpg .jpeg .jpe .jfif"), HasSubstr(".heic")));
  EXPECT_FALSE(has_image_extension("b.txt"));
  EXPECT_FALSE(has_image_extension("jpg"));
}

}  // namespace
}  // namespace qprompt
