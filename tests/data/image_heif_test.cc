#include <gtest/gtest.h>

#include "qprompt/data/opened_image.h"
#include "tests/data/image_files.h"

namespace qprompt {
namespace {

// tests/data/pictures: 16x8 pixels, the left half (200, 90, 30), the right half (20, 60, 220),
// written by Pillow 13 and pillow-heif 1.8.
TEST(Heif, IsReadNearlyAsItWasWritten) {
  for (const char* name : {"two_halves.avif", "two_halves.heic"}) {
    SCOPED_TRACE(name);
    const Image image =
        read_image(std::filesystem::path(QPROMPT_SOURCE_DIR) / "tests/data/pictures" / name);
    ASSERT_EQ(image.width, 16);
    ASSERT_EQ(image.height, 8);
    const int left[] = {200, 90, 30}, right[] = {20, 60, 220};
    for (int y = 0; y < 8; ++y) {
      for (int c = 0; c < 3; ++c) {
        EXPECT_NEAR(image.pixels[3 * (16 * y + 3) + c], left[c], 4);
        EXPECT_NEAR(image.pixels[3 * (16 * y + 12) + c], right[c], 4);
      }
    }
  }
}

}  // namespace
}  // namespace qprompt
