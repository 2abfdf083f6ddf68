#include "qprompt/clip/image_tower.h"

#include "tests/clip/random_towers.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using kernels::Differentiable;
using kernels::NumberFormat;

ClipShape with_image(TransformerShape image, Index patch, Index grid) {
  ClipShape shape = testing::small_clip_shape();
  shape.image = image;
  shape.patch = patch;
  shape.grid = grid;
  shape.preprocessing.image_size = static_cast<int>(patch * grid);
  return shape;
}

std::vector<ClipShape> shapes() {
  constexpr auto kGelu = Activation::kGelu, kQuickGelu = Activation::kQuickGelu;
  const TransformerShape small{
      .width = 20, .layers = 3, .heads = 5, .mlp_width = 28, .activation = kQuickGelu};
  const TransformerShape shallow{
      .width = 96, .layers = 1, .heads = 2, .mlp_width = 50, .activation = kGelu};
  return {with_image(small, 4, 3), with_image(shallow, 3, 1), with_image(small, 2, 6)};
}

std::vector<Double> plain_images(const Matrix& images) {
  std::vector<Double> plain;
  for (Index i = 0; i < images.rows(); ++i) {
    plain.push_back(images.row(i).cast<double>().reshaped<Eigen::RowMajor>(3, images.cols() / 3));
  }
  return plain;
}

reference::VisionPrompts in_double(const VisionPrompts& prompts) {
  reference::VisionPrompts plain{prompts.tokens.cast<double>(), {}};
  for (const Matrix& deep : prompts.deep) plain.deep.push_back(deep.cast<double>());
  return plain;
}

class ImageTowers : public ::testing::TestWithParam<NumberFormat> {
 protected:
  Matrix images(const ClipShape& shape, Index n) {
    const Index size = shape.preprocessing.image_size;
    return random_.normal_matrix(n, 3 * size * size, 1);
  }
  VisionPrompts prompts(const ClipShape& shape, Index n, Index deep) {
    VisionPrompts prompts{random_.normal_matrix(n, shape.image.width, 0.5), {}};
    for (Index l = 0; l < deep; ++l) {
      prompts.deep.push_back(random_.normal_matrix(n, shape.image.width, 0.5));
    }
    return prompts;
  }

  ImageTower tower_of(const RandomTowers& towers) {
    return {towers.checkpoint, device_, Differentiable::kYes};
  }
  // Shallow prompts alone, and prompts before every block.
  std::vector<VisionPrompts> all_prompts(const ClipShape& shape) {
    return {prompts(shape, 3, 0), prompts(shape, 1, 0), prompts(shape, 2, shape.image.layers - 1)};
  }

  kernels::Device device_ = device_of(GetParam());
  TowerError error_ = tower_error(GetParam());
  Random random_{9};
};

TEST_P(ImageTowers, GiveThePlainTowersFeatures) {
  for (const ClipShape& shape : shapes()) {
    const RandomTowers towers(shape);
    const ImageTower tower(towers.checkpoint, device_);
    EXPECT_EQ(tower.image_size(), shape.preprocessing.image_size);
    ImageWorkspace workspace(device_);
    for (Index n : {1, 5}) {
      const Matrix pictures = images(shape, n);
      for (Index deep : {Index{0}, Index{1}, shape.image.layers - 1}) {
        const Index possible = std::min(deep, shape.image.layers - 1);
        for (const VisionPrompts& p : {VisionPrompts{}, prompts(shape, 2, possible)}) {
          SCOPED_TRACE(::testing::Message() << n << " images, " << p.tokens.rows() << " prompts, "
                                            << p.deep.size() << " deep");
          expect_close(tower.forward(pictures, p, workspace),
                       towers.image.forward(plain_images(pictures), in_double(p)), error_.features);
        }
      }
    }
  }
}

void expect_same(const VisionPrompts& a, const VisionPrompts& b) {
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.deep, b.deep);
}

TEST_P(ImageTowers, GiveThePlainTowersGradients) {
  for (const ClipShape& shape : shapes()) {
    const RandomTowers towers(shape);
    const ImageTower tower = tower_of(towers);
    ImageWorkspace workspace(device_);
    for (Index n : {1, 3}) {
      const Matrix pictures = images(shape, n), d = random_.normal_matrix(n, shape.embed, 1);
      for (const VisionPrompts& p : all_prompts(shape)) {
        SCOPED_TRACE(::testing::Message() << n << " images, " << p.tokens.rows() << " prompts, "
                                          << p.deep.size() << " deep");
        ImagePass pass = tower.forward(pictures, p, workspace, Keep::kForPullBack);
        expect_close(pass.features(), towers.image.forward(plain_images(pictures), in_double(p)),
                     error_.features);
        const VisionPrompts d_prompts = pass.pull_back(d);
        const reference::VisionPrompts expected =
            towers.image.pull_back(plain_images(pictures), in_double(p), d.cast<double>());
        expect_close(d_prompts.tokens, expected.tokens, error_.gradient);
        ASSERT_EQ(d_prompts.deep.size(), expected.deep.size());
        for (std::size_t l = 0; l < expected.deep.size(); ++l) {
          expect_close(d_prompts.deep[l], expected.deep[l], error_.gradient);
        }
      }
    }
  }
}

TEST_P(ImageTowers, PullBackTwiceGivesTheSame) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower = tower_of(towers);
  ImageWorkspace workspace(device_), another(device_);
  const Matrix pictures = images(shape, 3), d = random_.normal_matrix(3, shape.embed, 1);
  for (const VisionPrompts& p : all_prompts(shape)) {
    ImagePass pass = tower.forward(pictures, p, workspace, Keep::kForPullBack);
    const VisionPrompts first = pass.pull_back(d);
    expect_same(pass.pull_back(d), first);
    expect_same(tower.forward(pictures, p, another, Keep::kForPullBack).pull_back(d), first);
  }
}

TEST_P(ImageTowers, AnotherPassInTheWorkspaceChangesNoGradient) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower = tower_of(towers);
  ImageWorkspace workspace(device_);
  const Matrix pictures = images(shape, 3), d = random_.normal_matrix(3, shape.embed, 1);
  for (const VisionPrompts& p : all_prompts(shape)) {
    ImagePass pass = tower.forward(pictures, p, workspace, Keep::kForPullBack);
    const VisionPrompts before = pass.pull_back(d);
    for (Keep keep : {Keep::kNothing, Keep::kForPullBack}) {
      tower.forward(images(shape, 5), prompts(shape, 4, 1), workspace, keep);
      expect_same(pass.pull_back(d), before);
    }
    tower.forward(images(shape, 2), {}, workspace);
    expect_same(pass.pull_back(d), before);
  }
}

TEST_P(ImageTowers, ChunksGiveWhatASinglePassGives) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower = tower_of(towers);
  ImageWorkspace whole(device_), chunked(device_);
  const Matrix pictures = images(shape, 5), d = random_.normal_matrix(5, shape.embed, 1);
  const VisionPrompts p = prompts(shape, 2, 1);
  ImagePass single = tower.forward(pictures, p, whole, Keep::kForPullBack);
  const VisionPrompts expected = single.pull_back(d);
  for (std::size_t budget : {1, 30'000}) {  // one image at a time; two
    chunked.trace_budget = budget;
    ImagePass pass = tower.forward(pictures, p, chunked, Keep::kForPullBack);
    expect_close(pass.features(), single.features().cast<double>(), 1e-5);
    const VisionPrompts d_prompts = pass.pull_back(d);
    expect_close(d_prompts.tokens, expected.tokens.cast<double>(), 1e-5);
    expect_close(d_prompts.deep[0], expected.deep[0].cast<double>(), 1e-5);
    expect_same(pass.pull_back(d), d_prompts);
  }
}

TEST_P(ImageTowers, KeepingNothingGivesTheSameFeatures) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower = tower_of(towers);
  const ImageTower plain(towers.checkpoint, device_, Differentiable::kNo);
  ImageWorkspace workspace(device_);
  const Matrix pictures = images(shape, 3), d = random_.normal_matrix(3, shape.embed, 1);
  // Images that go through together may be summed in another order than each alone.
  const double rounding = GetParam() == NumberFormat::kFloat32 ? 1e-5 : error_.features;
  for (const VisionPrompts& p : all_prompts(shape)) {
    const Matrix kept = tower.forward(pictures, p, workspace, Keep::kForPullBack).features();
    ImagePass pass = plain.forward(pictures, p, workspace, Keep::kNothing);
    expect_close(pass.features(), kept.cast<double>(), rounding);
    EXPECT_EQ(plain.forward(pictures, p, workspace), pass.features());
    EXPECT_THAT(testing::error_of([&] { pass.pull_back(d); }),
                ::testing::HasSubstr("kept nothing"));
  }
}

TEST_P(ImageTowers, GiveTheSameFeaturesWhereBlocksArePackedInPassing) {
  for (const ClipShape& shape : shapes()) {
    const RandomTowers towers(shape);
    const ImageTower kept(towers.checkpoint, device_);
    ImageWorkspace workspace(device_);
    for (const VisionPrompts& p : all_prompts(shape)) {
      for (Index n : {1, 5}) {
        const ImageTower passing(towers.checkpoint, device_, Differentiable::kNo,
                                 Packing::kInPassing);
        const Matrix pictures = images(shape, n), expected = kept.forward(pictures, p, workspace);
        EXPECT_EQ(passing.forward(pictures, p, workspace), expected);
        EXPECT_EQ(passing.forward(pictures, p, workspace), expected);  // and once they stay
      }
    }
  }
}

TEST_P(ImageTowers, KeepTheirBlocksForAPassThatKeepsItsActivations) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower kept(towers.checkpoint, device_);
  const ImageTower passing(towers.checkpoint, device_, Differentiable::kNo, Packing::kInPassing);
  ImageWorkspace workspace(device_);
  const Matrix pictures = images(shape, 3);
  const auto features = [&](const ImageTower& tower) {
    return tower.forward(pictures, {}, workspace, Keep::kForPullBack).features();
  };
  EXPECT_EQ(features(passing), features(kept));
}

TEST_P(ImageTowers, RefuseGradientsThatDoNotFit) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower = tower_of(towers);
  ImageWorkspace workspace(device_);
  const Matrix pictures = images(shape, 2);
  const auto error = [&](const VisionPrompts& p, Index rows) {
    ImagePass pass = tower.forward(pictures, p, workspace, Keep::kForPullBack);
    return testing::error_of([&] { pass.pull_back(Matrix::Zero(rows, shape.embed)); });
  };
  EXPECT_THAT(error(prompts(shape, 2, 1), 3), ::testing::HasSubstr("[3, 16]"));
  EXPECT_THAT(error({}, 2), ::testing::HasSubstr("without vision prompts"));
}

TEST_P(ImageTowers, SeeEveryImageByItself) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower(towers.checkpoint, device_);
  ImageWorkspace workspace(device_);
  const Matrix pictures = images(shape, 7);
  const VisionPrompts p = prompts(shape, 3, 1);
  const Matrix together = tower.forward(pictures, p, workspace);
  for (Index i = 0; i < 7; ++i) {
    expect_close(tower.forward(pictures.row(i), p, workspace), together.row(i).cast<double>(),
                 1e-5);
  }
}

TEST_P(ImageTowers, GiveAnImageTheSameBitsWhateverStandsBesideItInAFullRound) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower(towers.checkpoint, device_);
  ImageWorkspace workspace(device_);
  const Index round = device_.threads();
  const Matrix pictures = images(shape, 4 * round);
  const Matrix together = tower.forward(pictures, {}, workspace);
  for (Index first = 0; first < pictures.rows(); first += round) {
    EXPECT_EQ(tower.forward(pictures.middleRows(first, round), {}, workspace),
              together.middleRows(first, round));
  }
}

TEST_P(ImageTowers, GiveNoFeaturesForNoImages) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower(towers.checkpoint, device_);
  ImageWorkspace workspace(device_);
  const Matrix features = tower.forward(images(shape, 0), {}, workspace);
  EXPECT_EQ(features.rows(), 0);
  EXPECT_EQ(features.cols(), shape.embed);
}

TEST_P(ImageTowers, RefuseWhatDoesNotFit) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const ImageTower tower(towers.checkpoint, device_);
  ImageWorkspace workspace(device_);
  const auto error = [&](const Matrix& pictures, const VisionPrompts& p) {
    return testing::error_of([&] { tower.forward(pictures, p, workspace); });
  };
  const Matrix pictures = images(shape, 2);
  EXPECT_THAT(error(Matrix::Zero(2, 100), {}), ::testing::HasSubstr("100 values"));
  VisionPrompts p = prompts(shape, 2, 1);
  p.tokens = Matrix::Zero(2, shape.image.width + 1);
  EXPECT_THAT(error(pictures, p), ::testing::HasSubstr("[2, 21]"));
  p = prompts(shape, 2, 1);
  p.deep[0] = Matrix::Zero(3, shape.image.width);
  EXPECT_THAT(error(pictures, p), ::testing::HasSubstr("[3, 20]"));
  EXPECT_THAT(error(pictures, prompts(shape, 2, 2)), ::testing::HasSubstr("2 layers"));
}

std::string format_name(const ::testing::TestParamInfo<NumberFormat>& info) {
  return enum_names(info.param)[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Formats, ImageTowers,
                         ::testing::Values(NumberFormat::kFloat32, NumberFormat::kBfloat16),
                         format_name);

}  // namespace
}  // namespace qprompt
