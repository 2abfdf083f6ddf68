#include "qprompt/features/image_pixels.h"

#include "qprompt/core/file.h"
#include "tests/features/requests.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kNoBudget = 0;

std::vector<Index> all_of(const ImagePixels& pixels) {
  std::vector<Index> rows;
  for (Index i = 0; i < pixels.views(); ++i) rows.push_back(i);
  return rows;
}

// Four whole pictures and two under random views.
std::vector<ImageRequest> mixed_requests() {
  std::vector<ImageRequest> requests = whole_pictures(6);
  requests[1].views = {3, 5, 7};
  requests[4].views = {9};
  return requests;
}

TEST(ImagePixels, AreWhatTheTowerSeesForFeatures) {
  const Model model = testing::random_model();
  const std::vector<ImageRequest> requests = mixed_requests();
  const ImagePixels pixels(model, requests);
  const ImageFeatures expected = image_features(ImageSide(model), requests);
  EXPECT_EQ(pixels.first(), expected.first);
  ASSERT_EQ(pixels.views(), expected.features.rows());
  ImageWorkspace workspace(model.device());
  const Matrix seen = model.image_tower()->forward(pixels.pixels(all_of(pixels)), {}, workspace);
  expect_same_but_last_bits(seen.cast<Eigen::half>().cast<float>(), expected.features);
}

TEST(ImagePixels, AreTheSameWhetherTheyWereKeptOrNot) {
  const Model model = testing::random_model();
  const ImagePixels kept(model, mixed_requests());
  const std::vector<Index> rows = all_of(kept);
  const Matrix expected = kept.pixels(rows);
  EXPECT_EQ(ImagePixels(model, mixed_requests(), {}, kNoBudget).pixels(rows), expected);
  // Two views of 12 x 12 pixels and three bytes each; the others are decoded again.
  EXPECT_EQ(ImagePixels(model, mixed_requests(), {}, 2 * 12 * 12 * 3).pixels(rows), expected);
}

TEST(ImagePixels, ComeInTheOrderThatTheyAreAskedFor) {
  const ImagePixels pixels(testing::random_model(), mixed_requests());
  const Matrix all = pixels.pixels(all_of(pixels));
  const Matrix some = pixels.pixels(std::vector<Index>{5, 0, 5});
  EXPECT_EQ(some.row(0), all.row(5));
  EXPECT_EQ(some.row(1), all.row(0));
  EXPECT_EQ(some.row(2), all.row(5));
  EXPECT_EQ(pixels.pixels({}).rows(), 0);
}

TEST(ImagePixels, OfDamagedImagesAreSkippedAsTheirFeaturesAre) {
  const testing::TemporaryFolder folder;
  std::vector<ImageRequest> requests = views_of(4, {3, 5});
  requests[1].image = folder.file("empty.webp", "");
  requests[2].image = folder / "missing.webp";
  FeatureOptions skipping;
  skipping.skip_bad_images = true;
  const Model model = testing::random_model();
  const ImagePixels pixels(model, requests, skipping);
  const ImageFeatures features = image_features(ImageSide(model), requests, skipping);
  EXPECT_EQ(pixels.first(), (std::vector<Index>{0, -1, -1, 2}));
  EXPECT_EQ(pixels.first(), features.first);
  EXPECT_EQ(pixels.skipped(), features.skipped);
  const ImagePixels good(model, {requests[0], requests[3]});
  EXPECT_EQ(pixels.pixels(all_of(pixels)), good.pixels(all_of(good)));
}

TEST(ImagePixels, NameTheFirstDamagedImage) {
  const testing::TemporaryFolder folder;
  std::vector<ImageRequest> requests = whole_pictures(5);
  requests[2].image = folder.file("empty.webp", "");
  requests[3].image = folder.file("text.webp", "no picture");
  EXPECT_THAT(testing::error_of([&] { ImagePixels(testing::random_model(), requests); }),
              HasSubstr("empty.webp"));
}

TEST(ImagePixels, NameAnImageThatWentAwayBeforeItWasDecodedAgain) {
  const testing::TemporaryFolder folder;
  std::vector<ImageRequest> requests = whole_pictures(1);
  requests[0].image = folder.file("copy.webp", read_text(requests[0].image.path()));
  const Model model = testing::random_model();
  const ImagePixels kept(model, requests), decoded_again(model, requests, {}, kNoBudget);
  std::filesystem::remove(requests[0].image.path());
  EXPECT_EQ(kept.pixels(std::vector<Index>{0}).rows(), 1);
  EXPECT_THAT(testing::error_of([&] { decoded_again.pixels(std::vector<Index>{0}); }),
              HasSubstr("copy.webp"));
}

TEST(ImagePixels, TellHowFarTheyAreAndStopWhenTold) {
  const Model model = testing::random_model();
  FeatureOptions options;
  FeatureProgress last;
  options.progress = [&](const FeatureProgress& progress) { last = progress; };
  ImagePixels(model, mixed_requests(), options);
  EXPECT_EQ(last.done, 8);
  EXPECT_EQ(last.total, 8);
  options.stop = [] { return true; };
  EXPECT_THROW(ImagePixels(model, mixed_requests(), options), Interrupted);
}

}  // namespace
}  // namespace qprompt
