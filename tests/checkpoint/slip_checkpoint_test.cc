#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_slip.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;

Matrix matrix_of(const testing::OwnedTensor& tensor, Index rows) {
  return Eigen::Map<const Matrix>(tensor.values.data(), rows,
                                  static_cast<Index>(tensor.values.size()) / rows);
}

class SlipCheckpoint : public ::testing::Test {
 protected:
  Checkpoint open(const fs::path& path) { return Checkpoint::open(path.string()); }
  std::string error(const testing::Tensors& tensors) {
    testing::write_state_dict(folder_ / "slip.pt", tensors);
    return error_of([&] { open(folder_ / "slip.pt"); });
  }
  void expect_tiny(const fs::path& path);

  testing::TemporaryFolder folder_;
  testing::Tensors tensors_ = testing::tiny_slip();
};

void SlipCheckpoint::expect_tiny(const fs::path& path) {
  SCOPED_TRACE(path);
  const Checkpoint checkpoint = open(path);
  EXPECT_EQ(checkpoint.layout(), "slip");
  const ImageStem stem = checkpoint.image_stem();
  EXPECT_EQ(stem.patches, matrix_of(tensors_.at("visual.patch_embed.proj.weight"), 128));
  EXPECT_EQ(stem.patch_bias.transpose(), matrix_of(tensors_.at("visual.patch_embed.proj.bias"), 1));
  EXPECT_EQ(stem.class_embedding.transpose(), matrix_of(tensors_.at("visual.cls_token"), 1));
  EXPECT_EQ(stem.positions, matrix_of(tensors_.at("visual.pos_embed"), 10));
  EXPECT_EQ(stem.ln_pre.weight.size(), 0);
  EXPECT_EQ(stem.ln_post.bias.transpose(), matrix_of(tensors_.at("visual.norm.bias"), 1));
  EXPECT_EQ(stem.projection, matrix_of(tensors_.at("image_projection"), 128));
  const BlockWeights block = checkpoint.image_block(0);
  EXPECT_EQ(block.ln_1.weight.transpose(),
            matrix_of(tensors_.at("visual.blocks.0.norm1.weight"), 1));
  EXPECT_EQ(block.qkv, matrix_of(tensors_.at("visual.blocks.0.attn.qkv.weight"), 384));
  EXPECT_EQ(block.out_bias.transpose(),
            matrix_of(tensors_.at("visual.blocks.0.attn.proj.bias"), 1));
  EXPECT_EQ(block.fc, matrix_of(tensors_.at("visual.blocks.0.mlp.fc1.weight"), 160));
  EXPECT_EQ(block.proj, matrix_of(tensors_.at("visual.blocks.0.mlp.fc2.weight"), 128));
  EXPECT_EQ(checkpoint.text_block(1).qkv,
            matrix_of(tensors_.at("transformer.resblocks.1.attn.in_proj_weight"), 192));
  EXPECT_EQ(checkpoint.text_stem().projection, matrix_of(tensors_.at("text_projection"), 64));
}

TEST_F(SlipCheckpoint, ReadsWhatItsTrainingScriptSaves) {
  testing::write_slip_training(folder_ / "slip_base_100ep.pt", tensors_);
  expect_tiny(folder_ / "slip_base_100ep.pt");
}

TEST_F(SlipCheckpoint, ReadsTheBareWeights) {
  testing::write_state_dict(folder_ / "slip.pt", tensors_);
  testing::write_tensors(folder_ / "plain", tensors_);
  expect_tiny(folder_ / "slip.pt");
  expect_tiny(folder_ / "plain");
  testing::write_slip_training(folder_ / "training.pt", tensors_);
  EXPECT_EQ(open(folder_ / "plain").fingerprint(), open(folder_ / "training.pt").fingerprint());
}

TEST_F(SlipCheckpoint, HasAnImageTowerUnlikeClips) {
  testing::write_state_dict(folder_ / "slip.pt", tensors_);
  const ClipShape shape = open(folder_ / "slip.pt").shape();
  EXPECT_EQ(shape.image.activation, Activation::kGelu);
  EXPECT_FLOAT_EQ(shape.image.layer_norm_eps, 1e-6f);
  EXPECT_EQ(shape.text.activation, Activation::kQuickGelu);
  EXPECT_FLOAT_EQ(shape.text.layer_norm_eps, 1e-5f);
  EXPECT_FALSE(shape.ln_pre);
  EXPECT_TRUE(shape.patch_bias);
  EXPECT_EQ(shape.image.heads, 2);
  EXPECT_EQ(shape.image.mlp_width, 160);
  EXPECT_EQ(shape.grid, 3);
  EXPECT_EQ(shape.patch, 4);
  EXPECT_EQ(shape.preprocessing.mean, (std::array<float, 3>{0.485f, 0.456f, 0.406f}));
}

TEST_F(SlipCheckpoint, TheSmallOneHasTwelveHeads) {
  const auto widen = [&](const std::string& name, std::vector<Index> shape) {
    tensors_[name] = {shape, std::vector<float>(checked_size(shape).value(), 0.5f)};
  };
  const std::string block = "visual.blocks.0.";
  widen("visual.patch_embed.proj.weight", {384, 3, 4, 4});
  widen("visual.pos_embed", {1, 10, 384});
  widen("visual.cls_token", {1, 1, 384});
  widen("image_projection", {384, 32});
  widen(block + "attn.qkv.weight", {3 * 384, 384});
  widen(block + "attn.qkv.bias", {3 * 384});
  widen(block + "attn.proj.weight", {384, 384});
  widen(block + "mlp.fc1.weight", {160, 384});
  widen(block + "mlp.fc2.weight", {384, 160});
  for (const std::string name :
       {"visual.patch_embed.proj.bias", "visual.norm.weight", "visual.norm.bias",
        "visual.blocks.0.norm1.weight", "visual.blocks.0.norm1.bias",
        "visual.blocks.0.norm2.weight", "visual.blocks.0.norm2.bias",
        "visual.blocks.0.attn.proj.bias", "visual.blocks.0.mlp.fc2.bias"}) {
    widen(name, {384});
  }
  testing::write_state_dict(folder_ / "small.pt", tensors_);
  EXPECT_EQ(open(folder_ / "small.pt").shape().image.heads, 12);
}

TEST_F(SlipCheckpoint, NamesWhatIsMissingOrMisshapen) {
  testing::Tensors damaged = tensors_;
  damaged.erase("visual.blocks.0.attn.qkv.bias");
  EXPECT_THAT(error(damaged), HasSubstr("slip.pt: no tensor 'visual.blocks.0.attn.qkv.bias'"));
  damaged = tensors_;
  damaged["visual.cls_token"].shape = {128};
  EXPECT_THAT(error(damaged), HasSubstr("'visual.cls_token' is [128], expected [1, 1, 128]"));
  damaged = tensors_;
  damaged["visual.pos_embed"].shape = {};
  EXPECT_THAT(error(damaged), HasSubstr("visual.pos"));
}

}  // namespace
}  // namespace qprompt
