#include "qprompt/eval/selective.h"

#include <gmock/gmock.h>

namespace qprompt {
namespace {

// An image with this probability, answered rightly or not.
ImageResult image(double probability, bool right) { return {"", 0, right ? 0 : 1, probability}; }

TEST(RiskCoverage, GivesTheAccuracyOfTheMostConfident) {
  std::vector<ImageResult> images;  // ten, of which the least confident and the third are wrong
  for (int i = 0; i < 10; ++i) images.push_back(image(0.05 + 0.1 * i, i != 0 && i != 7));
  const RiskCoverage curve = risk_coverage(images);
  ASSERT_EQ(curve.points.size(), 11u);
  EXPECT_EQ(curve.points[0].coverage, 1);
  EXPECT_DOUBLE_EQ(curve.points[0].accuracy, 0.8);
  EXPECT_DOUBLE_EQ(curve.points[0].threshold, 0.05);
  EXPECT_EQ(curve.points[1].images, 10);  // 95 % of ten are all
  EXPECT_EQ(curve.points[2].images, 9);
  EXPECT_DOUBLE_EQ(curve.points[2].accuracy, 8.0 / 9);
  EXPECT_DOUBLE_EQ(curve.points[2].threshold, 0.15);
  EXPECT_EQ(curve.points[9].images, 2);
  EXPECT_DOUBLE_EQ(curve.points[9].accuracy, 1);
  // Wrong among the k most confident: 0 0 1 1 1 1 1 1 1 2.
  double area = 2.0 / 10;
  for (int k = 3; k <= 9; ++k) area += 1.0 / k;
  EXPECT_NEAR(curve.aurc, area / 10, 1e-12);
}

TEST(RiskCoverage, NoThresholdTakesEqualsApart) {
  const std::vector<ImageResult> images{image(0.9, true), image(0.5, true), image(0.5, false),
                                        image(0.5, true)};
  const RiskCoverage curve = risk_coverage(images);
  EXPECT_EQ(curve.points[6].images, 4);  // half is within the equals
  EXPECT_EQ(curve.points[6].threshold, 0.5);
  EXPECT_EQ(curve.points[6].coverage, 1);
  EXPECT_EQ(curve.points[9].images, 1);
  EXPECT_NEAR(curve.aurc, (0 + 1.0 / 3 / 2 + 2.0 / 3 / 3 + 1.0 / 4) / 4, 1e-12);
  const std::vector<ImageResult> turned(images.rbegin(), images.rend());
  EXPECT_EQ(risk_coverage(turned).aurc, curve.aurc);
}

TEST(RiskCoverage, OfNoImagesHasNoPoints) {
  EXPECT_TRUE(risk_coverage({}).points.empty());
  EXPECT_EQ(risk_coverage({}).aurc, 0);
}

}  // namespace
}  // namespace qprompt
