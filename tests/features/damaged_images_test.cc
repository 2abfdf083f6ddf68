#include "qprompt/core/file.h"
#include "tests/features/requests.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Good, empty, good, half a picture, missing, good.
class DamagedImages : public ::testing::Test {
 protected:
  DamagedImages() : requests_(whole_pictures(6)) {
    requests_[1].image = folder_.file("empty.webp", "");
    const std::string content = read_text(requests_[3].image.path());
    requests_[3].image = folder_.file("half.webp", content.substr(0, content.size() / 2));
    requests_[4].image = folder_ / "missing.webp";
    for (std::size_t i : {1, 3, 4}) damaged_.push_back(requests_[i].image.name());
  }

  FeatureOptions skipping() const {
    FeatureOptions options;
    options.skip_bad_images = true;
    return options;
  }

  const Model model_ = testing::random_model();
  testing::TemporaryFolder folder_;
  std::vector<ImageRequest> requests_;
  std::vector<std::string> damaged_;
};

TEST_F(DamagedImages, AreNamed) {
  for (std::size_t i : {1, 3, 4}) {
    const auto request = std::span(&requests_[i], 1);
    EXPECT_THAT(testing::error_of([&] { image_features(ImageSide(model_), request); }),
                HasSubstr(requests_[i].image.name()));
  }
}

TEST_F(DamagedImages, TheFirstOfThemIsNamed) {
  const Model many_threads = testing::random_model(1, testing::float32(6));
  EXPECT_THAT(testing::error_of([&] { image_features(ImageSide(many_threads), requests_); }),
              HasSubstr(damaged_[0]));
}

TEST_F(DamagedImages, AreCountedAndNamedWhereTheyMayBeSkipped) {
  const ImageFeatures features = image_features(ImageSide(model_), requests_, skipping());
  EXPECT_EQ(features.first, (std::vector<Index>{0, -1, 1, -1, -1, 2}));
  ASSERT_EQ(features.skipped.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_THAT(features.skipped[i], HasSubstr(damaged_[i]));
  const std::vector<ImageRequest> good{requests_[0], requests_[2], requests_[5]};
  EXPECT_EQ(features.features, image_features(ImageSide(model_), good).features);
}

TEST_F(DamagedImages, LoseAllTheirViews) {
  for (ImageRequest& request : requests_) request.views = {3, 5};
  const ImageFeatures features = image_features(ImageSide(model_), requests_, skipping());
  EXPECT_EQ(features.first, (std::vector<Index>{0, -1, 2, -1, -1, 4}));
  EXPECT_EQ(features.features.rows(), 6);
  EXPECT_EQ(features.skipped.size(), 3u);
}

TEST_F(DamagedImages, MayBeAllThereIs) {
  const std::vector<ImageRequest> bad{requests_[1], requests_[3]};
  const ImageFeatures features = image_features(ImageSide(model_), bad, skipping());
  EXPECT_EQ(features.features.rows(), 0);
  EXPECT_EQ(features.first, (std::vector<Index>{-1, -1}));
}

TEST_F(DamagedImages, AreNotRememberedAsGood) {
  FeatureOptions options = skipping();
  options.cache = FeatureStore::open(folder_ / "cache");
  image_features(ImageSide(model_), requests_, options);
  EXPECT_EQ(image_features(ImageSide(model_), requests_, options).skipped.size(), 3u);
  fs::copy_file(requests_[0].image.path(), requests_[4].image.path());
  const ImageFeatures repaired = image_features(ImageSide(model_), requests_, options);
  EXPECT_EQ(repaired.skipped.size(), 2u);
  EXPECT_EQ(Matrix(repaired.features.row(2)), Matrix(repaired.features.row(0)));
}

}  // namespace
}  // namespace qprompt
