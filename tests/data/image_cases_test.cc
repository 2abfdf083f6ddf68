#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/data/opened_image.h"
#include "tests/support/cases.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

// By Pillow 13: ImageOps.exif_transpose(Image.open(...)).convert("RGB"), of g_12bit.png the values
// divided by 16.
struct Case {
  const char* name;
  int width, height;
  int pixels[2][3];  // in the middle, and a quarter from the left and the bottom
  double means[3];
  double tolerance = 0;  // of AVIF, whose chroma libraries widen differently
};

constexpr Case kCases[] = {
    {"avif_as.jpg", 112, 129, {{17, 18, 13}, {201, 202, 168}}, {78.361, 79.298, 70.876}, 8},
    {"exif6.jpg", 112, 149, {{197, 159, 136}, {119, 133, 107}}, {120.089, 133.141, 104.016}},
    {"g_12bit.png", 112, 129, {{18, 18, 18}, {197, 197, 197}}, {77.947, 77.947, 77.947}},
    {"gif_as.jpg", 112, 129, {{17, 17, 16}, {201, 198, 166}}, {78.713, 78.802, 71.204}},
    {"jpg_junk_after.jpg", 112, 129, {{20, 19, 15}, {208, 208, 172}}, {78.775, 78.854, 71.277}},
    {"mpo.jpg", 112, 129, {{15, 13, 16}, {187, 186, 155}}, {79.096, 79.149, 71.667}},
    {"png_cut_iend.png", 112, 129, {{19, 18, 14}, {200, 202, 165}}, {78.750, 78.834, 71.118}},
    {"png_gamma.png", 112, 129, {{19, 18, 14}, {200, 202, 165}}, {78.750, 78.834, 71.118}},
    {"png_icc.png", 112, 129, {{19, 18, 14}, {200, 202, 165}}, {78.750, 78.834, 71.118}},
    {"png_no_iend.png", 112, 129, {{19, 18, 14}, {200, 202, 165}}, {78.750, 78.834, 71.118}},
    {"tiff_as.jpg", 112, 129, {{19, 18, 14}, {200, 202, 165}}, {78.750, 78.834, 71.118}},
};

class PictureCases : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::cases_folder().empty()) GTEST_SKIP() << "no cases beside the checkout";
  }
  static std::filesystem::path path(const char* name) {
    return testing::cases_folder() / "pictures" / name;
  }
};

TEST_F(PictureCases, AreReadAsPillowReadsThem) {
  for (const Case& expected : kCases) {
    SCOPED_TRACE(expected.name);
    const Image image = read_image(path(expected.name));
    ASSERT_EQ(image.width, expected.width);
    ASSERT_EQ(image.height, expected.height);
    const int places[2][2] = {{image.width / 2, image.height / 2},
                              {image.width / 4, 3 * image.height / 4}};
    for (int c = 0; c < 3; ++c) {
      for (int p = 0; p < 2; ++p) {
        const int at = 3 * (places[p][1] * image.width + places[p][0]) + c;
        EXPECT_NEAR(image.pixels[at], expected.pixels[p][c], expected.tolerance);
      }
      double sum = 0;
      for (std::size_t i = c; i < image.pixels.size(); i += 3) sum += image.pixels[i];
      EXPECT_NEAR(sum / (image.width * image.height), expected.means[c],
                  0.001 + expected.tolerance / 8);
    }
  }
}

// Pillow: "image file is truncated".
TEST_F(PictureCases, WithoutTheEndOfAJpegIsRefused) {
  EXPECT_THAT(testing::error_of([] { read_image(path("jpg_no_eoi.jpg")); }),
              ::testing::HasSubstr("jpg_no_eoi.jpg: damaged JPEG"));
}

}  // namespace
}  // namespace qprompt
