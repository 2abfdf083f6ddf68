#include "qprompt/core/file.h"
#include "tests/features/requests.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

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

  std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache")) files.push_back(entry);
    return files;
  }
  fs::path only_file() const {
    EXPECT_EQ(files().size(), 1u);
    return files().front();
  }

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

TEST_F(FeatureCache, ATornTailIsComputedAgain) {
  const std::vector<ImageRequest> requests = whole_pictures(5);
  const Matrix features = run(model_, requests).features;
  fs::resize_file(only_file(), fs::file_size(only_file()) - 3);
  const Run torn = run(model_, requests);
  EXPECT_EQ(torn.progress.cached, 4);
  expect_same_but_last_bits(torn.features, features);
  EXPECT_EQ(run(model_, requests).progress.cached, 5);
}

TEST_F(FeatureCache, AFlippedByteIsComputedAgainOnce) {
  const std::vector<ImageRequest> requests = whole_pictures(5);
  const Matrix features = run(model_, requests).features;
  const std::string content = read_text(only_file());
  for (std::size_t at = 0; at < content.size(); at += 41) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write_file(only_file(), damaged);
    const Run repaired = run(model_, requests);
    EXPECT_EQ(repaired.progress.cached, 4) << "byte " << at;
    expect_same_but_last_bits(repaired.features, features);
    EXPECT_EQ(run(model_, requests).progress.cached, 5) << "byte " << at;
  }
}

TEST_F(FeatureCache, AFileOfSomethingElseIsNotBelieved) {
  const std::vector<ImageRequest> requests = whole_pictures(2);
  const Matrix features = run(model_, requests).features;
  write_file(only_file(), std::string(1000, 'x'));
  EXPECT_EQ(run(model_, requests).features, features);
}

TEST_F(FeatureCache, AnotherNumberFormatHasItsOwnFile) {
  const Model bf16 = testing::random_model(1, {2, kernels::Precision::kBfloat16});
  run(model_, whole_pictures(3));
  EXPECT_EQ(run(bf16, whole_pictures(3)).progress.cached, 0);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(run(bf16, whole_pictures(3)).progress.cached, 3);
  EXPECT_EQ(run(model_, whole_pictures(3)).progress.cached, 3);
}

TEST_F(FeatureCache, AnotherModelHasItsOwnFile) {
  run(model_, whole_pictures(3));
  EXPECT_EQ(run(testing::random_model(2), whole_pictures(3)).progress.cached, 0);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(run(testing::random_model(1), whole_pictures(3)).progress.cached, 3);
}

// The weights are the same, what the tower sees or does with them is not.
TEST_F(FeatureCache, AnotherConfigurationOfTheModelHasItsOwnFile) {
  run(model_, whole_pictures(3));
  testing::write_random_model(folder_ / "gelu", testing::small_clip_shape(Activation::kGelu));
  testing::write_random_model(folder_ / "mean", testing::small_clip_shape());
  folder_.file("mean/preprocessor_config.json", R"({"image_mean": [0.5, 0.5, 0.5]})");
  for (const char* name : {"gelu", "mean"}) {
    const Model other = Model::load((folder_ / name).string(), {testing::float32(), {}});
    EXPECT_EQ(other.fingerprint(), model_.fingerprint());
    const Run fresh = run(other, whole_pictures(3));
    EXPECT_EQ(fresh.progress.cached, 0) << name;
    EXPECT_EQ(fresh.features, image_features(ImageSide(other), whole_pictures(3)).features) << name;
  }
}

TEST_F(FeatureCache, AnInterruptionKeepsWhatIsFinished) {
  const std::vector<ImageRequest> requests = views_of(3, odd_seeds(50));
  FeatureOptions options = cached();
  Index finished = 0;
  options.progress = [&](const FeatureProgress& progress) { finished = progress.done; };
  options.stop = [&] { return finished > 0; };
  EXPECT_THROW(image_features(ImageSide(model_), requests, options), Interrupted);
  EXPECT_GT(finished, 0);
  EXPECT_LT(finished, 150);
  EXPECT_EQ(run(model_, requests).progress.cached, finished);
}

}  // namespace
}  // namespace qprompt
