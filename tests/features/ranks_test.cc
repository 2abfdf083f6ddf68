// Images shared among ranks: what each encodes or decodes, and what all have in the end.

#include "qprompt/core/ranks.h"
#include "qprompt/features/image_pixels.h"
#include "tests/features/requests.h"
#include "tests/support/errors.h"
#include "tests/support/thread_ranks.h"

namespace qprompt {
namespace {

using testing::on_ranks;
using testing::random_model;
using Shared = std::shared_ptr<Ranks>;

constexpr int kRanks = 3;

class RanksFeatures : public ::testing::Test {
 protected:
  static ImageFeatures features(const Shared& ranks, std::span<const ImageRequest> requests,
                                const FeatureOptions& options = {}) {
    return image_features(ImageSide(random_model(1, testing::float32(1), ranks)), requests,
                          options);
  }

  static void expect_whole(const std::vector<ImageFeatures>& of_ranks, const ImageFeatures& whole) {
    for (const ImageFeatures& features : of_ranks) {
      expect_same_but_last_bits(features.features, whole.features);
      EXPECT_EQ(features.features, of_ranks.front().features);
      EXPECT_EQ(features.first, whole.first);
      EXPECT_EQ(features.skipped, whole.skipped);
      EXPECT_EQ(features.notices, whole.notices);
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(RanksFeatures, AreThoseOfOneProcessOnAllRanks) {
  for (const std::vector<std::uint64_t>& views : {odd_seeds(0), odd_seeds(2)}) {
    const auto requests = views_of(7, views);
    expect_whole(on_ranks(kRanks, [&](const Shared& ranks) { return features(ranks, requests); }),
                 features(nullptr, requests));
  }
}

TEST_F(RanksFeatures, LeaveOutDamagedImagesWhicheverRankReadsThem) {
  auto requests = whole_pictures(7);
  requests[1].image = folder_.file("empty.webp", "");
  requests[4].image = folder_ / "missing.webp";
  requests[5].image = folder_.file("gray.tif", gray_16_tiff());
  FeatureOptions skipping;
  skipping.skip_bad_images = true;
  const ImageFeatures whole = features(nullptr, requests, skipping);
  ASSERT_EQ(whole.skipped.size(), 2u);
  ASSERT_EQ(whole.notices.size(), 1u);
  expect_whole(
      on_ranks(kRanks, [&](const Shared& ranks) { return features(ranks, requests, skipping); }),
      whole);
}

TEST_F(RanksFeatures, MayBeOfFewerImagesThanThereAreRanks) {
  const auto requests = whole_pictures(1);
  expect_whole(on_ranks(kRanks, [&](const Shared& ranks) { return features(ranks, requests); }),
               features(nullptr, requests));
}

TEST_F(RanksFeatures, ComeFromTheCacheOfOneAndTheTowerOfAnother) {
  const auto requests = whole_pictures(6);
  FeatureOptions cached;
  cached.cache = FeatureStore::open(folder_ / "cache");
  features(nullptr, std::span(requests).first(2), cached);
  expect_whole(
      on_ranks(kRanks, [&](const Shared& ranks) { return features(ranks, requests, cached); }),
      features(nullptr, requests));
}

TEST_F(RanksFeatures, PixelsAreFilledByTheRankThatTheyFallTo) {
  const auto requests = whole_pictures(5);
  const std::vector<Index> rows{4, 0, 3, 1};
  const Matrix whole = ImagePixels(random_model(), requests).pixels(rows);
  const auto parts = on_ranks(kRanks, [&](const Shared& ranks) {
    return ImagePixels(random_model(1, testing::float32(1), ranks), requests).pixels(rows);
  });
  EXPECT_EQ(parts[0] + parts[1] + parts[2], whole);
  EXPECT_NE(parts[0], whole);
}

}  // namespace
}  // namespace qprompt
