#include <gmock/gmock.h>

#include <atomic>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "qprompt/core/file.h"
#include "qprompt/core/half.h"
#include "tests/features/requests.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Where the values of a tensor begin in a safetensors file.
std::size_t tensor_offset(const std::string& bytes, const std::string& name) {
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), sizeof length);
  const auto header = nlohmann::json::parse(bytes.substr(sizeof length, length));
  return sizeof length + length + header.at(name).at("data_offsets").at(0).get<std::size_t>();
}

class FeatureCache : public ::testing::Test {
 protected:
  struct Run {
    Matrix features;
    FeatureProgress progress;
  };

  FeatureOptions cached() const {
    FeatureOptions options;
    options.cache = FeatureStore::open(folder_ / "cache");
    return options;
  }

  Run run(const Model& model, std::span<const ImageRequest> requests) const {
    Run result;
    FeatureOptions options = cached();
    options.progress = [&](const FeatureProgress& progress) { result.progress = progress; };
    result.features = image_features(ImageSide(model), requests, options).features;
    return result;
  }

  std::size_t entries() const { return FeatureStore::open(folder_ / "cache")->entries(); }
  fs::path file() const { return folder_ / "cache" / "features.lmdb"; }

  testing::TemporaryFolder folder_;
  const Model model_ = testing::random_model();
};

TEST_F(FeatureCache, TheSecondRunComputesNothing) {
  const std::vector<ImageRequest> requests = views_of(4, {3, 5, 7});
  const Matrix plain = image_features(ImageSide(model_), requests).features;
  const Run first = run(model_, requests), second = run(model_, requests);
  EXPECT_EQ(first.progress.cached, 0);
  EXPECT_EQ(second.progress.cached, 12);
  EXPECT_EQ(second.progress.total, 12);
  EXPECT_EQ(first.features, plain);
  EXPECT_EQ(second.features, plain);
}

TEST_F(FeatureCache, MayKnowSomeOfThePictures) {
  const Model demo = testing::demo_model();
  const std::vector<ImageRequest> all = whole_pictures(70);
  const Matrix plain = image_features(ImageSide(demo), all).features;
  std::vector<ImageRequest> some;
  for (std::size_t i = 0; i < all.size(); i += 3) some.push_back(all[i]);
  const Matrix known = run(demo, some).features;
  const Run mixed = run(demo, all);
  EXPECT_EQ(mixed.progress.cached, known.rows());
  expect_same_but_last_bits(mixed.features, plain);
  for (Index i = 0; i < known.rows(); ++i) {
    EXPECT_EQ(Matrix(mixed.features.row(3 * i)), Matrix(known.row(i))) << "picture " << 3 * i;
  }
  const Run again = run(demo, all);
  EXPECT_EQ(again.progress.cached, 70);
  EXPECT_EQ(again.features, mixed.features);
}

TEST_F(FeatureCache, TellsViewsOfOnePictureApart) {
  run(model_, views_of(2, {3, 5}));
  EXPECT_EQ(run(model_, whole_pictures(2)).progress.cached, 0);
  const Run overlapping = run(model_, views_of(2, {5, 7}));
  EXPECT_EQ(overlapping.progress.cached, 2);
  expect_same_but_last_bits(overlapping.features,
                            image_features(ImageSide(model_), views_of(2, {5, 7})).features);
}

TEST_F(FeatureCache, KnowsPicturesByTheirContentNotTheirName) {
  const std::vector<ImageRequest> requests = whole_pictures(2);
  run(model_, requests);
  const fs::path moved = folder_ / "moved.webp";
  fs::copy_file(requests[0].image.path(), moved);
  const std::vector<ImageRequest> renamed{{moved, {}}};
  EXPECT_EQ(run(model_, renamed).progress.cached, 1);
  fs::copy_file(whole_pictures(3)[2].image.path(), moved, fs::copy_options::overwrite_existing);
  EXPECT_EQ(run(model_, renamed).progress.cached, 0);
}

// A value is its checksum and the fp16 feature: both lie in the file as they are.
TEST_F(FeatureCache, AFlippedByteIsComputedAgainOnce) {
  const std::vector<ImageRequest> requests = whole_pictures(5);
  const Matrix features = run(model_, requests).features;
  std::string feature(static_cast<std::size_t>(2 * features.cols()), '\0');
  for (Index i = 0; i < features.cols(); ++i) {
    const std::uint16_t bits = half_bits(features(2, i));
    std::memcpy(feature.data() + 2 * i, &bits, sizeof bits);
  }
  const std::string content = read_text(file());
  const std::size_t place = content.find(feature);
  ASSERT_NE(place, std::string::npos);
  for (std::size_t at = place - 8; at < place + feature.size(); at += 3) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write_file(file(), damaged);
    const Run repaired = run(model_, requests);
    EXPECT_EQ(repaired.progress.cached, 4) << "byte " << at - place;
    expect_same_but_last_bits(repaired.features, features);
    EXPECT_EQ(run(model_, requests).progress.cached, 5) << "byte " << at - place;
  }
}

TEST_F(FeatureCache, ACacheOfVersion01IsNotLookedAt) {
  const fs::path old = folder_.file("cache/0123456789abcdef-fp32.features", std::string(1000, 'x'));
  EXPECT_EQ(run(model_, whole_pictures(2)).progress.cached, 0);
  EXPECT_EQ(run(model_, whole_pictures(2)).progress.cached, 2);
  EXPECT_EQ(read_text(old), std::string(1000, 'x'));
}

TEST_F(FeatureCache, KnowsAPictureByItsBytesWhereverTheyAre) {
  const std::vector<ImageRequest> requests = whole_pictures(1);
  run(model_, requests);
  const std::string content = read_text(requests[0].image.path());
  const std::vector<ImageRequest> in_memory{
      {ImageSource::encoded(std::as_bytes(std::span(content)))}};
  EXPECT_EQ(run(model_, in_memory).progress.cached, 1);
  // With gaps between the rows or without: pixels are told apart by what they show.
  const Image picture = read_image(requests[0].image);
  const std::size_t row = 3 * static_cast<std::size_t>(picture.width), stride = row + 5;
  std::vector<std::uint8_t> with_gaps(stride * static_cast<std::size_t>(picture.height), 99);
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(&picture.pixels[y * row], row, &with_gaps[y * stride]);
  }
  const std::vector<ImageRequest> tight{
      {ImageSource::pixels({picture.pixels.data(), picture.width, picture.height, 0})}};
  const std::vector<ImageRequest> loose{{ImageSource::pixels(
      {with_gaps.data(), picture.width, picture.height, static_cast<std::ptrdiff_t>(stride)})}};
  EXPECT_EQ(run(model_, tight).progress.cached, 0);
  EXPECT_EQ(run(model_, loose).progress.cached, 1);
  EXPECT_EQ(image_features(ImageSide(model_), loose).features,
            image_features(ImageSide(model_), requests).features);
}

TEST_F(FeatureCache, TellsNumberFormatsApart) {
  const Model bf16 = testing::random_model(1, {2, kernels::Precision::kBfloat16});
  run(model_, whole_pictures(3));
  EXPECT_EQ(run(bf16, whole_pictures(3)).progress.cached, 0);
  EXPECT_EQ(entries(), 6u);
  EXPECT_EQ(run(bf16, whole_pictures(3)).progress.cached, 3);
  EXPECT_EQ(run(model_, whole_pictures(3)).progress.cached, 3);
}

TEST_F(FeatureCache, TellsModelsApart) {
  run(model_, whole_pictures(3));
  EXPECT_EQ(run(testing::random_model(2), whole_pictures(3)).progress.cached, 0);
  EXPECT_EQ(entries(), 6u);
  EXPECT_EQ(run(testing::random_model(1), whole_pictures(3)).progress.cached, 3);
}

// The weights are the same, what the tower sees or does with them is not.
TEST_F(FeatureCache, TellsConfigurationsOfAModelApart) {
  run(model_, whole_pictures(3));
  testing::write_random_model(folder_ / "gelu", testing::small_clip_shape(Activation::kGelu));
  testing::write_random_model(folder_ / "mean", testing::small_clip_shape());
  folder_.file("mean/preprocessor_config.json", R"({"image_mean": [0.5, 0.5, 0.5]})");
  for (const char* name : {"gelu", "mean"}) {
    const Model other = Model::load((folder_ / name).string(), {testing::float32(), {}});
    EXPECT_EQ(other.fingerprint(), model_.fingerprint());
    EXPECT_NE(other.identity(), model_.identity());
    const Run fresh = run(other, whole_pictures(3));
    EXPECT_EQ(fresh.progress.cached, 0) << name;
    EXPECT_EQ(fresh.features, image_features(ImageSide(other), whole_pictures(3)).features) << name;
  }
}

TEST_F(FeatureCache, AnInterruptionKeepsWhatIsFinished) {
  const std::vector<ImageRequest> requests = views_of(3, odd_seeds(50));
  FeatureOptions options = cached();
  std::atomic<Index> finished = 0;  // asked on other threads
  options.progress = [&](const FeatureProgress& progress) { finished = progress.done; };
  options.stop = [&] { return finished > 0; };
  EXPECT_THROW(image_features(ImageSide(model_), requests, options), Interrupted);
  EXPECT_GT(finished, 0);
  EXPECT_LT(finished, 150);
  EXPECT_EQ(run(model_, requests).progress.cached, finished);
}

TEST_F(FeatureCache, ThatCannotBeWrittenIsToldOnceAndDoneWithout) {
  std::vector<std::uint64_t> seeds(30);
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{1});
  const std::vector<ImageRequest> requests = views_of(40, seeds);
  const Matrix plain = image_features(ImageSide(model_), requests).features;
  std::vector<std::string> notices;
  FeatureOptions options;
  options.cache = FeatureStore::open(folder_ / "cache", 1 << 16);  // too little
  options.notice = [&](const std::string& notice) { notices.push_back(notice); };
  EXPECT_EQ(image_features(ImageSide(model_), requests, options).features, plain);
  EXPECT_THAT(notices, ::testing::ElementsAre(::testing::AllOf(
                           ::testing::HasSubstr("going on without the feature cache"),
                           ::testing::HasSubstr((folder_ / "cache").string()))));
}

TEST_F(FeatureCache, FollowsNoLinkInItsFolder) {
  const fs::path precious = folder_.file("precious", std::string(10000, 'x'));
  for (const char* name : {"features.lmdb", "features.lmdb-lock"}) {
    fs::create_directories(folder_ / "cache");
    fs::create_symlink(precious, folder_ / "cache" / name);
    EXPECT_THAT(testing::error_of([&] { FeatureStore::open(folder_ / "cache"); }),
                ::testing::HasSubstr(std::string(name) + ": not a regular file"));
    EXPECT_EQ(read_text(precious), std::string(10000, 'x'));
    fs::remove_all(folder_ / "cache");
  }
}

// One exponent of a weight is all it takes.
TEST_F(FeatureCache, FeaturesThatAreNotFiniteAreAnErrorAndNotKept) {
  const testing::TemporaryFolder damaged;
  testing::write_random_model(damaged.path(), testing::small_clip_shape());
  const fs::path weights = damaged / "model.safetensors";
  std::string bytes = read_text(weights);
  const float huge = 1e38F;
  const std::size_t place = tensor_offset(bytes, "visual_projection.weight");
  std::memcpy(bytes.data() + place, &huge, sizeof huge);
  write_file(weights, bytes);
  const Model model = Model::load(damaged.path().string(), {testing::float32(), {}});
  const std::vector<ImageRequest> requests = whole_pictures(2);
  EXPECT_THAT(testing::error_of([&] { run(model, requests); }),
              ::testing::AllOf(::testing::HasSubstr(requests[0].image.name()),
                               ::testing::HasSubstr("not finite"),
                               ::testing::HasSubstr(damaged.path().string())));
  EXPECT_EQ(entries(), 0u);
}

}  // namespace
}  // namespace qprompt
