#include "qprompt/data/image_exif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/data/opened_image.h"
#include "tests/data/image_files.h"

namespace qprompt {
namespace {

using testing::gradient;

void append(std::string& text, std::uint32_t value, int size, bool big) {
  for (int i = 0; i < size; ++i) {
    text += static_cast<char>(value >> 8 * (big ? size - 1 - i : i) & 255);
  }
}

// EXIF data of two entries, the second of which is the orientation.
std::string exif(int orientation, bool big = true) {
  std::string text = big ? "MM" : "II";
  append(text, 42, 2, big);
  append(text, 8, 4, big);
  append(text, 2, 2, big);
  for (const int tag : {0x100, 0x112}) {
    append(text, tag, 2, big);
    append(text, 3, 2, big);
    append(text, 1, 4, big);
    append(text, tag == 0x112 ? orientation : 7, 2, big);
    append(text, 0, 2, big);
  }
  append(text, 0, 4, big);
  return text;
}

std::string jpeg_with(const std::string& data) {
  std::string segment("\xFF\xE1", 2);
  append(segment, static_cast<std::uint32_t>(data.size() + 8), 2, true);
  segment.append("Exif\0\0", 6).append(data);
  return testing::jpeg_file(gradient(16, 8)).insert(2, segment);
}

std::string png_with(const std::string& data) {
  std::string chunk;
  append(chunk, static_cast<std::uint32_t>(data.size()), 4, true);
  chunk.append("eXIf").append(data).append(4, '\0');
  std::string file = testing::png_file(gradient(16, 8));
  return file.insert(file.rfind("IEND") - 4, chunk);
}

std::string webp_with(const std::string& data) {
  std::string chunk = "EXIF";
  append(chunk, static_cast<std::uint32_t>(data.size()), 4, false);
  return testing::webp_file(gradient(16, 8)) + chunk + data;
}

int orientation_of(const std::string& file) {
  return exif_orientation(std::as_bytes(std::span(file)));
}

TEST(ExifOrientation, IsFoundInEveryFormatAndByteOrder) {
  for (const bool big : {true, false}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      EXPECT_EQ(orientation_of(jpeg_with(exif(orientation, big))), orientation);
      EXPECT_EQ(orientation_of(png_with(exif(orientation, big))), orientation);
      EXPECT_EQ(orientation_of(webp_with(exif(orientation, big))), orientation);
    }
  }
}

TEST(ExifOrientation, IsUprightWhereNothingOrNonsenseIsSaid) {
  EXPECT_EQ(orientation_of(testing::jpeg_file(gradient(16, 8))), 1);
  EXPECT_EQ(orientation_of(jpeg_with(exif(0))), 1);
  EXPECT_EQ(orientation_of(jpeg_with(exif(9))), 1);
  EXPECT_EQ(orientation_of(""), 1);
}

TEST(ExifOrientation, OfDamagedDataIsAnythingButACrash) {
  for (const std::string& file :
       {jpeg_with(exif(6)), png_with(exif(6, false)), webp_with(exif(6))}) {
    for (std::size_t i = 0; i < file.size(); ++i) {
      EXPECT_THAT(orientation_of(file.substr(0, i)), ::testing::AnyOf(1, 6));
      for (const char value : {'\0', '\x01', '\x7F', '\xFF'}) {
        std::string changed = file;
        changed[i] = value;
        const int orientation = orientation_of(changed);
        EXPECT_TRUE(orientation >= 1 && orientation <= 8);
      }
    }
  }
}

// Rows of one letter a pixel.
std::vector<std::string> letters(const Image& image) {
  std::vector<std::string> rows;
  for (int y = 0; y < image.height; ++y) {
    rows.emplace_back();
    for (int x = 0; x < image.width; ++x) {
      rows.back() += static_cast<char>(image.pixels[3 * (y * image.width + x)]);
    }
  }
  return rows;
}

TEST(Upright, TurnsAndMirrorsAsExifNumbersIt) {
  Image image{.width = 3, .height = 2};
  for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) image.pixels.insert(image.pixels.end(), 3, c);
  using Rows = std::vector<std::string>;
  EXPECT_EQ(letters(upright(image, 1)), (Rows{"abc", "def"}));
  EXPECT_EQ(letters(upright(image, 2)), (Rows{"cba", "fed"}));
  EXPECT_EQ(letters(upright(image, 3)), (Rows{"fed", "cba"}));
  EXPECT_EQ(letters(upright(image, 4)), (Rows{"def", "abc"}));
  EXPECT_EQ(letters(upright(image, 5)), (Rows{"ad", "be", "cf"}));
  EXPECT_EQ(letters(upright(image, 6)), (Rows{"da", "eb", "fc"}));
  EXPECT_EQ(letters(upright(image, 7)), (Rows{"fc", "eb", "da"}));
  EXPECT_EQ(letters(upright(image, 8)), (Rows{"cf", "be", "ad"}));
}

ImageSource source(const std::string& file) {
  return ImageSource::encoded(std::as_bytes(std::span(file)));
}

TEST(OpenedImage, IsUprightUnlessAskedForAsStored) {
  const std::string file = png_with(exif(6));
  const Image stored = gradient(16, 8);
  EXPECT_EQ(read_image(source(file)), upright(stored, 6));
  EXPECT_EQ(read_image(source(file).with(Orientation::kAsStored)), stored);
  EXPECT_EQ(testing::decode(file), stored);
}

TEST(OpenedImage, HasTwoHashesOnlyWhereItIsTurned) {
  const auto hash = [](const std::string& file, Orientation orientation) {
    return OpenedImage(source(file).with(orientation)).hash(1);
  };
  for (const int orientation : {1, 6}) {
    const std::string file = jpeg_with(exif(orientation));
    EXPECT_EQ(hash(file, Orientation::kUpright) == hash(file, Orientation::kAsStored),
              orientation == 1);
  }
}

TEST(ImageSource, DiffersByItsOrientation) {
  const ImageSource image("a.jpg");
  EXPECT_EQ(image.orientation(), Orientation::kUpright);
  EXPECT_EQ(image, image.with(Orientation::kUpright));
  EXPECT_FALSE(image == image.with(Orientation::kAsStored));
  EXPECT_EQ(image.with(Orientation::kAsStored).path(), "a.jpg");
}

}  // namespace
}  // namespace qprompt
