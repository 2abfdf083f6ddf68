#include "qprompt/data/augmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qprompt/data/preprocess.h"
#include "tests/data/image_files.h"

namespace qprompt {
namespace {

using testing::gradient;

bool is_inside(const Box& box, int width, int height) {
  return box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 &&
         box.x + box.width <= width && box.y + box.height <= height;
}

TEST(RandomView, StaysInsideTheImageAndItsRangesOfAreaAndAspect) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const View view = random_view(400, 300, random);
    const double area = static_cast<double>(view.box.width) * view.box.height / (400 * 300);
    const double aspect = static_cast<double>(view.box.width) / view.box.height;
    EXPECT_TRUE(is_inside(view.box, 400, 300));
    EXPECT_FALSE(view.whole);
    EXPECT_GT(area, 0.079);  // sides are rounded to whole pixels
    EXPECT_GT(aspect, 0.74);
    EXPECT_LT(aspect, 1.35);
  }
}

TEST(RandomView, FlipsHalfOfTheTime) {
  Random random(2);
  int flips = 0;
  for (int i = 0; i < 4000; ++i) flips += random_view(64, 64, random).flip ? 1 : 0;
  EXPECT_NEAR(flips, 2000, 5 * std::sqrt(1000));
}

TEST(RandomView, DrawsAreasEvenly) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 4000; ++i) {
    const Box box = random_view(3000, 3000, random).box;
    sum += static_cast<double>(box.width) * box.height / 9e6;
  }
  // Boxes that do not fit are drawn again, which takes from the largest: the mean of 0.08 .. 1 is
  // 0.54.
  EXPECT_GT(sum / 4000, 0.45);
  EXPECT_LT(sum / 4000, 0.54);
}

TEST(RandomView, OfAThreadIsTheLargestBoxInItsCentre) {
  Random random(4);
  EXPECT_EQ(random_view(1000, 9, random).box, (Box{494, 0, 12, 9}));
  EXPECT_EQ(random_view(9, 1000, random).box, (Box{0, 494, 9, 12}));
  EXPECT_EQ(random_view(1, 1, random).box, (Box{0, 0, 1, 1}));
}

TEST(RandomView, IsTheSameForTheSameSeed) {
  Random a(5), b(5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(random_view(50, 70, a), random_view(50, 70, b));
}

TEST(ApplyView, OfTheCentreIsTheEvaluationView) {
  const Image image = gradient(50, 40);
  EXPECT_EQ(apply_view(image, centre_view(), {.image_size = 32}),
            clip_preprocess(image, {.image_size = 32}));
}

TEST(ApplyView, ExchangesLeftAndRight) {
  const Image image{.width = 2, .height = 2, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  const View view{.box = {0, 0, 2, 2}, .flip = true, .whole = false};
  EXPECT_THAT(apply_view(image, view, {.image_size = 2}).pixels,
              ::testing::ElementsAre(4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9));
}

TEST(ApplyView, ResizesTheBox) {
  const Image image = gradient(50, 40);
  const Box box{5, 6, 20, 30};
  EXPECT_EQ(apply_view(image, {.box = box, .flip = false, .whole = false}, {.image_size = 16}),
            resize_box(image, box, 16, 16));
}

}  // namespace
}  // namespace qprompt
