#include "tests/reference/resnet.h"

#include "qprompt/clip/image_tower.h"
#include "tests/clip/random_towers.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_resnet.h"

namespace qprompt {
namespace {

Checkpoint tiny_resnet() {
  const testing::TemporaryFolder folder;
  testing::write_tensors(folder / "resnet", testing::tiny_resnet_clip());
  return Checkpoint::open((folder / "resnet").string());
}

std::vector<Double> plain_images(const Matrix& images) {
  std::vector<Double> plain;
  for (Index i = 0; i < images.rows(); ++i) {
    plain.push_back(images.row(i).cast<double>().reshaped<Eigen::RowMajor>(3, images.cols() / 3));
  }
  return plain;
}

class ResNetTowers : public ::testing::TestWithParam<kernels::NumberFormat> {
 protected:
  Checkpoint checkpoint_ = tiny_resnet();
  kernels::Device device_ = device_of(GetParam());
  ImageTower tower_{checkpoint_, device_};
  ImageWorkspace workspace_{device_};
};

// What tools/make_resnet_golden.py prints.
constexpr double kPyTorchFeatures[] = {
    -0.406887638, -0.651831691, 0.602327831,  0.2203764,    -0.192928819, 0.978259891,
    -0.691364673, -0.616525783, 0.280687406,  -0.286593153, -0.254646971, 0.0324069946,
    -0.56741803,  0.599291122,  0.399644493,  0.618892197,  -0.401400708, -0.648527332,
    0.586123475,  0.210554406,  -0.21180224,  0.986854989,  -0.672990435, -0.604261621,
    0.29456853,   -0.288810768, -0.254097102, 0.051469069,  -0.593727363, 0.603751552,
    0.401671077,  0.602643017};

TEST_P(ResNetTowers, GivePyTorchsFeatures) {
  const Eigen::Map<const Double> expected(kPyTorchFeatures, 2, 16);
  const Matrix images = testing::tiny_resnet_images(2);
  expect_close(tower_.forward(images, {}, workspace_), Double(expected), 1e-6);
  expect_close(reference::ResNet(checkpoint_).forward(plain_images(images)), Double(expected),
               1e-8);
}

TEST_P(ResNetTowers, GiveThePlainTowersFeatures) {
  Random random(3);
  const reference::ResNet plain(checkpoint_);
  for (Index n : {1, 5}) {
    const Matrix images = random.normal_matrix(n, 3 * 64 * 64, 1);
    expect_close(tower_.forward(images, {}, workspace_), plain.forward(plain_images(images)), 1e-5);
  }
}

TEST_P(ResNetTowers, SeeEveryImageByItself) {
  const Matrix images = Random(4).normal_matrix(5, 3 * 64 * 64, 1);
  const Matrix together = tower_.forward(images, {}, workspace_);
  for (Index i = 0; i < images.rows(); ++i) {
    expect_close(tower_.forward(images.row(i), {}, workspace_), together.row(i).cast<double>(),
                 1e-5);
  }
  EXPECT_EQ(tower_.forward(images, {}, workspace_), together);
}

TEST_P(ResNetTowers, GiveNoFeaturesForNoImages) {
  const Matrix features = tower_.forward(Matrix(0, 3 * 64 * 64), {}, workspace_);
  EXPECT_EQ(features.rows(), 0);
  EXPECT_EQ(features.cols(), 16);
}

TEST_P(ResNetTowers, SayWhyTheyTakeNoVisionPrompts) {
  const Matrix images = Matrix::Zero(1, 3 * 64 * 64);
  const auto error = [&](const VisionPrompts& prompts) {
    return testing::error_of(
        [&] { tower_.forward(images, prompts, workspace_, Keep::kForPullBack); });
  };
  const auto says_why =
      ::testing::AllOf(::testing::HasSubstr("is a ResNet"), ::testing::HasSubstr("take a ViT"));
  EXPECT_THAT(error({Matrix::Zero(2, 8), {}}), says_why);
  EXPECT_THAT(error({Matrix::Zero(2, 0), {}}), says_why);
  EXPECT_THAT(error({Matrix(), {Matrix::Zero(2, 8)}}), says_why);
  EXPECT_THAT(testing::error_of([&] { require_vision_prompts(checkpoint_.shape()); }), says_why);
  EXPECT_NO_THROW(require_vision_prompts(testing::small_clip_shape()));
  ImagePass pass = tower_.forward(images, {}, workspace_, Keep::kForPullBack);
  EXPECT_THAT(testing::error_of([&] { pass.pull_back(Matrix::Zero(1, 16)); }),
              ::testing::HasSubstr("without vision prompts"));
  EXPECT_EQ(tower_.prompt_width(), 0);
  EXPECT_EQ(tower_.image_size(), 64);
}

std::string format_name(const ::testing::TestParamInfo<kernels::NumberFormat>& info) {
  return enum_names(info.param)[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Formats, ResNetTowers,
                         ::testing::Values(kernels::NumberFormat::kFloat32,
                                           kernels::NumberFormat::kBfloat16),
                         format_name);

}  // namespace
}  // namespace qprompt
