#include "tests/clip/random_towers.h"
#include "tests/support/tiny_slip.h"

namespace qprompt {
namespace {

// SLIP's image tower: a bias in the patch embedding, no layer norm before the first block, GELU.
TEST(SlipTower, GivesThePlainTowersFeaturesAndGradients) {
  const testing::TemporaryFolder folder;
  testing::write_tensors(folder / "slip", testing::tiny_slip());
  const Checkpoint checkpoint = Checkpoint::open((folder / "slip").string());
  const reference::ImageTower plain(checkpoint.image_stem(), {checkpoint.image_block(0)},
                                    checkpoint.shape());
  const kernels::Device device = device_of(kernels::NumberFormat::kFloat32);
  const ImageTower tower(checkpoint, device, kernels::Differentiable::kYes);
  ImageWorkspace workspace(device);
  Random random(2);
  const VisionPrompts prompts{random.normal_matrix(3, 128, 0.5), {}};
  const Matrix d = random.normal_matrix(2, 32, 1);
  // The second time, the workspace's buffers have been elsewhere.
  for (int pass_number = 0; pass_number < 2; ++pass_number) {
    const Matrix images = random.normal_matrix(2, 3 * 12 * 12, 1);
    std::vector<Double> plain_images;
    for (Index i = 0; i < 2; ++i) {
      plain_images.push_back(
          images.row(i).cast<double>().reshaped<Eigen::RowMajor>(3, images.cols() / 3));
    }
    const reference::VisionPrompts plain_prompts{prompts.tokens.cast<double>(), {}};
    ImagePass pass = tower.forward(images, prompts, workspace, Keep::kForPullBack);
    expect_close(pass.features(), plain.forward(plain_images, plain_prompts), 1e-5);
    expect_close(pass.pull_back(d).tokens,
                 plain.pull_back(plain_images, plain_prompts, d.cast<double>()).tokens, 1e-4);
  }
}

}  // namespace
}  // namespace qprompt
