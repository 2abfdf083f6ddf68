#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/resnet_weights.h"
#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_resnet.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;
using Json = nlohmann::json;

Matrix matrix_of(const testing::OwnedTensor& tensor) {
  const Index rows = tensor.shape.size() < 2 ? 1 : tensor.shape[0];
  return Eigen::Map<const Matrix>(tensor.values.data(), rows,
                                  static_cast<Index>(tensor.values.size()) / rows);
}

class ResNetCheckpoint : public ::testing::Test {
 protected:
  Checkpoint open(const fs::path& path) { return Checkpoint::open(path.string()); }
  std::string error(const fs::path& path) {
    return error_of([&] { open(path); });
  }
  fs::path state_dict(const testing::Tensors& tensors) {
    testing::write_state_dict(folder_ / "RN.pt", tensors);
    return folder_ / "RN.pt";
  }
  fs::path open_clip(const Json& config) {
    write_file(folder_ / "oc/open_clip_config.json", config.dump());
    testing::write_tensors(folder_ / "oc/open_clip_model.safetensors", tensors_);
    return folder_ / "oc";
  }
  void expect_tiny(const fs::path& path, const std::string& layout);

  testing::TemporaryFolder folder_;
  testing::Tensors tensors_ = testing::tiny_resnet_clip();
};

void ResNetCheckpoint::expect_tiny(const fs::path& path, const std::string& layout) {
  SCOPED_TRACE(path);
  const Checkpoint checkpoint = open(path);
  EXPECT_EQ(checkpoint.layout(), layout);
  ASSERT_TRUE(checkpoint.shape().resnet.has_value());
  EXPECT_EQ(checkpoint.shape().image.width, 0);
  const ResNetShape& resnet = *checkpoint.shape().resnet;
  EXPECT_EQ(resnet.blocks, (std::array<Index, 4>{2, 1, 1, 2}));
  EXPECT_EQ(resnet.width, 8);
  EXPECT_EQ(resnet.heads, 4);
  EXPECT_EQ(resnet.channels(), 256);
  EXPECT_EQ(checkpoint.shape().embed, 16);
  EXPECT_EQ(checkpoint.shape().grid, 2);
  EXPECT_EQ(checkpoint.shape().preprocessing.image_size, 64);
  EXPECT_EQ(checkpoint.shape().text.mlp_width, 96);

  EXPECT_EQ(checkpoint.resnet_stem().conv_2.weight, matrix_of(tensors_.at("visual.conv2.weight")));
  const BottleneckWeights first = checkpoint.bottleneck(3, 0), second = checkpoint.bottleneck(3, 1);
  const std::string prefix = "visual.layer4.0.";
  EXPECT_EQ(first.conv_2.weight, matrix_of(tensors_.at(prefix + "conv2.weight")));
  EXPECT_EQ(first.conv_3.variance.transpose(), matrix_of(tensors_.at(prefix + "bn3.running_var")));
  EXPECT_EQ(first.shortcut.weight, matrix_of(tensors_.at(prefix + "downsample.0.weight")));
  EXPECT_EQ(first.shortcut.mean.transpose(),
            matrix_of(tensors_.at(prefix + "downsample.1.running_mean")));
  EXPECT_EQ(second.conv_1.shift.transpose(), matrix_of(tensors_.at("visual.layer4.1.bn1.bias")));
  EXPECT_EQ(second.shortcut.weight.size(), 0);
  const AttentionPoolWeights pool = checkpoint.attention_pool();
  EXPECT_EQ(pool.projection.weight, matrix_of(tensors_.at("visual.attnpool.c_proj.weight")));
  EXPECT_EQ(pool.key.bias.transpose(), matrix_of(tensors_.at("visual.attnpool.k_proj.bias")));
}

TEST_F(ResNetCheckpoint, EveryLayoutGivesTheSameModel) {
  testing::write_tensors(folder_ / "plain", tensors_, ElementType::kFloat16);
  const fs::path pickled = state_dict(tensors_);
  const fs::path folder = open_clip(testing::tiny_resnet_config());
  expect_tiny(pickled, "state dict");
  expect_tiny(folder, "open_clip");
  expect_tiny(folder_ / "plain", "state dict");
  const std::uint64_t fingerprint = open(pickled).fingerprint();
  EXPECT_EQ(open(folder).fingerprint(), fingerprint);
  EXPECT_EQ(open(folder_ / "plain").fingerprint(), fingerprint);
}

TEST_F(ResNetCheckpoint, FingerprintNoticesEachTower) {
  const std::uint64_t fingerprint = open(state_dict(tensors_)).fingerprint();
  for (const char* name :
       {"text_projection", "positional_embedding", "visual.attnpool.c_proj.weight",
        "visual.attnpool.positional_embedding", "transformer.resblocks.0.attn.in_proj_weight",
        "visual.attnpool.q_proj.weight"}) {
    testing::Tensors changed = tensors_;
    changed.at(name).values.back() += 1;
    EXPECT_NE(open(state_dict(changed)).fingerprint(), fingerprint) << name;
  }
}

TEST_F(ResNetCheckpoint, TakesHeadsFromOpenClipsConfig) {
  Json config = testing::tiny_resnet_config();
  config["model_cfg"]["vision_cfg"]["head_width"] = 32;
  EXPECT_EQ(open(open_clip(config)).shape().resnet->heads, 8);
}

TEST_F(ResNetCheckpoint, RefusesImpossibleSizes) {
  for (const auto& [pointer, value] :
       std::vector<std::pair<const char*, Json>>{{"/layers", {2, 1, 1}},
                                                 {"/layers", {2, 1, 1, 0}},
                                                 {"/layers", {2, 1, 1, 3}},
                                                 {"/layers", {2, 1, 1, "2"}},
                                                 {"/layers", {1000000, 1, 1, 2}},
                                                 {"/width", 7},
                                                 {"/width", 1 << 20},
                                                 {"/head_width", 96},
                                                 {"/image_size", 65},
                                                 {"/image_size", 96}}) {
    Json config = testing::tiny_resnet_config();
    config[Json::json_pointer("/model_cfg/vision_cfg" + std::string(pointer))] = value;
    EXPECT_NE(error(open_clip(config)), "") << pointer << " " << value;
  }
}

TEST_F(ResNetCheckpoint, NamesWhatIsMissingOrMisshapen) {
  testing::Tensors damaged = tensors_;
  damaged.erase("visual.layer2.0.downsample.1.running_var");
  EXPECT_THAT(error(state_dict(damaged)),
              HasSubstr("RN.pt: no tensor 'visual.layer2.0.downsample.1.running_var'"));
  damaged = tensors_;
  damaged["visual.layer1.1.bn2.bias"] = {{9}, std::vector<float>(9)};
  EXPECT_THAT(error(state_dict(damaged)),
              HasSubstr("'visual.layer1.1.bn2.bias' is [9], expected [8]"));
  damaged = tensors_;
  damaged["visual.layer1.0.conv1.weight"] = {{Index{1} << 60, 0, 1, 1}, {}};
  EXPECT_THAT(error(state_dict(damaged)), HasSubstr("a ResNet image tower of width"));
  damaged = tensors_;
  for (auto it = damaged.begin(); it != damaged.end();) {
    it = it->first.starts_with("visual.layer3") ? damaged.erase(it) : std::next(it);
  }
  EXPECT_THAT(error(state_dict(damaged)), HasSubstr("a stage of 0 blocks"));
}

TEST_F(ResNetCheckpoint, HasNoPartsOfTheOtherKindOfTower) {
  const Checkpoint resnet = open(state_dict(tensors_));
  EXPECT_THAT(error_of([&] { resnet.image_stem(); }), HasSubstr("is a ResNet, no transformer"));
  EXPECT_THAT(error_of([&] { resnet.image_block(0); }), HasSubstr("is a ResNet, no transformer"));
  EXPECT_THAT(error_of([&] { resnet.bottleneck(0, 2); }), HasSubstr("layer 2 of 2"));
  EXPECT_THROW(resnet.bottleneck(4, 0), Error);
  testing::write_tensors(folder_ / "vit", testing::tiny_clip());
  const Checkpoint vit = open(folder_ / "vit");
  EXPECT_THAT(error_of([&] { vit.resnet_stem(); }), HasSubstr("is no ResNet"));
  EXPECT_THAT(error_of([&] { vit.attention_pool(); }), HasSubstr("is no ResNet"));
}

}  // namespace
}  // namespace qprompt
