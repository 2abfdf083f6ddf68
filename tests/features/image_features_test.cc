#include "qprompt/features/image_features.h"

#include "qprompt/core/random.h"
#include "qprompt/data/augmentation.h"
#include "qprompt/data/preprocess.h"
#include "qprompt/features/image_pixels.h"
#include "tests/features/requests.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

// The tower's own answer to pictures as they are.
Matrix tower_features(const Model& model, const std::vector<Image>& pictures) {
  const Preprocessing& preprocessing = model.shape().preprocessing;
  const Index size = preprocessing.image_size;
  Matrix pixels(static_cast<Index>(pictures.size()), 3 * size * size);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    auto row = pixels.row(static_cast<Index>(i));
    normalize(pictures[i], preprocessing.mean, preprocessing.std,
              {row.data(), static_cast<std::size_t>(row.size())});
  }
  ImageWorkspace workspace(model.device());
  const ImageTower tower(model.checkpoint(), model.device());
  return tower.forward(pixels, {}, workspace).cast<Eigen::half>().cast<float>();
}

TEST(ImageFeatures, AreTheTowersOfTheCentreViewRoundedToFp16) {
  const Model model = testing::demo_model();
  std::vector<Image> views;
  for (const auto& path : testing::demo_pictures(5)) {
    views.push_back(clip_preprocess(read_image(path), model.shape().preprocessing));
  }
  const ImageFeatures computed = image_features(ImageSide(model), whole_pictures(5));
  EXPECT_EQ(computed.features, tower_features(model, views));
  EXPECT_EQ(computed.first, (std::vector<Index>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(computed.skipped.empty());
}

TEST(ImageFeatures, OfARandomViewAreTheTowersOfItsCrop) {
  const Model model = testing::demo_model();
  std::vector<Image> views;
  for (const auto& path : testing::demo_pictures(2)) {
    const Image picture = read_image(path);
    for (std::uint64_t seed : {7, 9, 11}) {
      Random random(seed);
      views.push_back(apply_view(picture, random_view(picture.width, picture.height, random),
                                 model.shape().preprocessing));
    }
  }
  const ImageFeatures computed = image_features(ImageSide(model), views_of(2, {7, 9, 11}));
  EXPECT_EQ(computed.features, tower_features(model, views));
  EXPECT_EQ(computed.first, (std::vector<Index>{0, 3}));
}

TEST(ImageFeatures, OfRandomViewsDependOnTheirSeedsOnly) {
  const Model model = testing::random_model();
  const Matrix views = image_features(ImageSide(model), views_of(1, {7, 9})).features;
  EXPECT_EQ(image_features(ImageSide(model), views_of(1, {7, 9})).features, views);
  expect_same_but_last_bits(image_features(ImageSide(model), views_of(1, {9, 7})).features,
                            views.colwise().reverse());
  EXPECT_NE(Matrix(views.row(0)), Matrix(views.row(1)));
}

TEST(ImageFeatures, MixWholePicturesAndViewsInTheirOrder) {
  const Model model = testing::random_model();
  std::vector<ImageRequest> requests = whole_pictures(3);
  requests[1].views = {7, 9};
  const ImageFeatures mixed = image_features(ImageSide(model), requests);
  EXPECT_EQ(mixed.first, (std::vector<Index>{0, 1, 3}));
  const Matrix whole = image_features(ImageSide(model), whole_pictures(3)).features;
  expect_same_but_last_bits(mixed.features.row(0), whole.row(0));
  expect_same_but_last_bits(mixed.features.row(3), whole.row(2));
}

TEST(ImageFeatures, OfNoPicturesAreNone) {
  const ImageFeatures none = image_features(ImageSide(testing::random_model()), {});
  EXPECT_EQ(none.features.rows(), 0);
  EXPECT_TRUE(none.first.empty());
}

// More pictures than the tower sees at once, and than are decoded at once.
TEST(ImageFeatures, HardlyDependOnTheNumberOfThreads) {
  const auto features = [](int threads) {
    const Model model = testing::demo_model(testing::float32(threads));
    return image_features(ImageSide(model), whole_pictures(70)).features;
  };
  const Matrix of_one = features(1);
  expect_same_but_last_bits(features(2), of_one);
  expect_same_but_last_bits(features(3), of_one);
}

TEST(ImageFeatures, HardlyDependOnThePicturesBesideThem) {
  const Model model = testing::demo_model();
  const std::vector<ImageRequest> requests = whole_pictures(70);
  const Matrix together = image_features(ImageSide(model), requests).features;
  for (std::size_t i : {0, 31, 32, 69}) {
    expect_same_but_last_bits(image_features(ImageSide(model), std::span(&requests[i], 1)).features,
                              together.row(static_cast<Index>(i)));
  }
}

TEST(ImageFeatures, OfTheSameRequestsAreTheSameBits) {
  const Matrix first =
      image_features(ImageSide(testing::demo_model()), whole_pictures(70)).features;
  EXPECT_EQ(image_features(ImageSide(testing::demo_model()), whole_pictures(70)).features, first);
}

TEST(ImageFeatures, TellHowFarTheyAre) {
  std::vector<FeatureProgress> reports;
  FeatureOptions options;
  options.progress = [&](const FeatureProgress& progress) { reports.push_back(progress); };
  image_features(ImageSide(testing::random_model()), views_of(3, odd_seeds(50)), options);
  ASSERT_GE(reports.size(), 2u);
  for (std::size_t i = 1; i < reports.size(); ++i) EXPECT_GT(reports[i].done, reports[i - 1].done);
  EXPECT_EQ(reports.back().done, 150);
  EXPECT_EQ(reports.back().total, 150);
  EXPECT_EQ(reports.back().cached, 0);
}

TEST(ImageFeatures, TellWhichPictureWasInterpreted) {
  const testing::TemporaryFolder folder;
  std::vector<ImageRequest> requests = whole_pictures(2);
  const auto gray = folder.file("gray.tif", gray_16_tiff());
  requests[1].image = gray;
  const std::vector<std::string> expected{
      gray.string() + ": 16-bit gray with no value above 2048, read as 12 bits"};
  const Model model = testing::random_model();
  EXPECT_EQ(image_features(ImageSide(model), requests).notices, expected);
  EXPECT_EQ(ImagePixels(model, requests).notices(), expected);
}

// Asked by the caller once, then by the thread that decodes.
TEST(ImageFeatures, EndInsideAPicture) {
  int asked = 0;
  FeatureOptions options;
  options.stop = [&] { return ++asked > 1; };
  const Model model = testing::random_model();
  EXPECT_THROW(image_features(ImageSide(model), whole_pictures(1), options), Interrupted);
  asked = 0;
  EXPECT_THROW(ImagePixels(model, whole_pictures(1), options), Interrupted);
}

TEST(ImageFeatures, EndWhenTheyAreToldToStop) {
  const Model model = testing::random_model();
  FeatureOptions options;
  options.stop = [] { return true; };
  EXPECT_THROW(image_features(ImageSide(model), whole_pictures(1), options), Interrupted);
  options.stop = [] { return false; };
  EXPECT_NO_THROW(image_features(ImageSide(model), whole_pictures(1), options));
}

}  // namespace
}  // namespace qprompt
