#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/checkpoint_tokenizer.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/formats/torch_archive.h"
#include "tests/support/goldens.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Every checkpoint of the set: it may hold some layouts only.
std::vector<fs::path> checkpoints_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != "dassl") found.push_back(entry.path());
  }
  return found;
}

void expect_same(const LayerNormWeights& a, const LayerNormWeights& b) {
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.bias, b.bias);
}

void expect_same(const BlockWeights& a, const BlockWeights& b) {
  expect_same(a.ln_1, b.ln_1);
  expect_same(a.ln_2, b.ln_2);
  EXPECT_EQ(a.qkv, b.qkv);
  EXPECT_EQ(a.qkv_bias, b.qkv_bias);
  EXPECT_EQ(a.out, b.out);
  EXPECT_EQ(a.out_bias, b.out_bias);
  EXPECT_EQ(a.fc, b.fc);
  EXPECT_EQ(a.fc_bias, b.fc_bias);
  EXPECT_EQ(a.proj, b.proj);
  EXPECT_EQ(a.proj_bias, b.proj_bias);
}

void expect_same(const TransformerShape& a, const TransformerShape& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.mlp_width, b.mlp_width);
  EXPECT_EQ(a.activation, b.activation);
  EXPECT_EQ(a.layer_norm_eps, b.layer_norm_eps);
}

void expect_same(const ClipShape& a, const ClipShape& b) {
  expect_same(a.text, b.text);
  expect_same(a.image, b.image);
  EXPECT_EQ(a.embed, b.embed);
  EXPECT_EQ(a.context_length, b.context_length);
  EXPECT_EQ(a.vocabulary, b.vocabulary);
  EXPECT_EQ(a.patch, b.patch);
  EXPECT_EQ(a.grid, b.grid);
  EXPECT_EQ(a.preprocessing.image_size, b.preprocessing.image_size);
  EXPECT_EQ(a.preprocessing.mean, b.preprocessing.mean);
  EXPECT_EQ(a.preprocessing.std, b.preprocessing.std);
}

void expect_same_weights(const Checkpoint& a, const Checkpoint& b) {
  const TextStem text_a = a.text_stem(), text_b = b.text_stem();
  EXPECT_EQ(text_a.positions, text_b.positions);
  EXPECT_EQ(text_a.projection, text_b.projection);
  expect_same(text_a.ln_final, text_b.ln_final);
  const ImageStem image_a = a.image_stem(), image_b = b.image_stem();
  EXPECT_EQ(image_a.patches, image_b.patches);
  EXPECT_EQ(image_a.class_embedding, image_b.class_embedding);
  EXPECT_EQ(image_a.positions, image_b.positions);
  EXPECT_EQ(image_a.projection, image_b.projection);
  expect_same(image_a.ln_pre, image_b.ln_pre);
  expect_same(image_a.ln_post, image_b.ln_post);
  for (Index i = 0; i < a.shape().text.layers; ++i) expect_same(a.text_block(i), b.text_block(i));
  for (Index i = 0; i < a.shape().image.layers; ++i) {
    expect_same(a.image_block(i), b.image_block(i));
  }
  const std::vector<int> tokens{0, 5, static_cast<int>(a.shape().vocabulary) - 1, 5};
  EXPECT_EQ(a.token_embeddings(tokens), b.token_embeddings(tokens));
  EXPECT_EQ(a.logit_scale(), b.logit_scale());
}

TEST(Reference, EveryCheckpointLayoutGivesTheSameModel) {
  const fs::path goldens = testing::goldens_folder();
  const auto paths = checkpoints_in(goldens / "reference" / "checkpoints");
  ASSERT_FALSE(paths.empty());
  if (paths.size() == 1) GTEST_SKIP() << "this set has its model in one layout only";
  const Checkpoint first = Checkpoint::open(paths.front());
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path);
    const Checkpoint checkpoint = Checkpoint::open(path);
    expect_same(checkpoint.shape(), first.shape());
    expect_same_weights(checkpoint, first);
    EXPECT_EQ(checkpoint.fingerprint(), first.fingerprint());
    checkpoint.drop_pages();
    EXPECT_EQ(checkpoint.fingerprint(), first.fingerprint());
  }
}

TEST(Reference, TokenizersFitTheirCheckpoints) {
  const fs::path goldens = testing::goldens_folder();
  int compared = 0;
  for (const fs::path& path : checkpoints_in(goldens / "reference" / "checkpoints")) {
    if (!fs::exists(path / "merges.txt")) continue;
    const Checkpoint checkpoint = Checkpoint::open(path);
    EXPECT_EQ(load_tokenizer_for(checkpoint).vocabulary_size(), checkpoint.shape().vocabulary);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

// Training checkpoints hold schedulers, optimisers and storages of a GPU; their learned values are
// the case's final ones.
TEST(Reference, TrainingCheckpointsAreReadAsStateDicts) {
  const fs::path goldens = testing::goldens_folder();
  const fs::path folder = goldens / "reference" / "checkpoints" / "dassl";
  if (!fs::exists(folder)) GTEST_SKIP() << "no training checkpoints in this set";
  int compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("model.pth.tar-")) continue;
    const std::string method = entry.path().lexically_relative(folder).begin()->string();
    const TorchArchive archive(entry.path());
    EXPECT_FALSE(archive.is_torch_script());
    const fs::path file =
        method.starts_with("coop") || method == "cocoop" ? "coop.safetensors" : "maple.safetensors";
    const Safetensors reference(goldens / "reference" / file);
    for (const auto& [name, tensor] : archive.tensors()) {
      const std::string key = method + ".final." + name.substr(name.find('.') + 1);
      if (!name.starts_with("state_dict.") || !reference.tensors().contains(key)) continue;
      const Matrix expected = to_matrix(reference.at(key)), actual = to_matrix(archive.at(name));
      const bool rounded = archive.at(name).type == ElementType::kFloat16;
      ASSERT_EQ(actual.size(), expected.size()) << name;
      EXPECT_LE((actual - expected).cwiseAbs().maxCoeff(), rounded ? 1e-2 : 0) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace qprompt
