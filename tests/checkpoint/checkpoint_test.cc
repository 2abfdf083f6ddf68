#include "qprompt/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::Tensors;
using testing::tiny_clip;
using Json = nlohmann::json;

Matrix matrix_of(const testing::OwnedTensor& tensor) {
  const Index rows = tensor.shape.size() < 2 ? 1 : tensor.shape[0];
  return Eigen::Map<const Matrix>(tensor.values.data(), rows,
                                  static_cast<Index>(tensor.values.size()) / rows);
}

class CheckpointFile : public ::testing::Test {
 protected:
  Checkpoint open(const fs::path& path) { return Checkpoint::open(path); }
  std::string error(const fs::path& path) {
    return error_of([&] { Checkpoint::open(path); });
  }

  void expect_tiny(const fs::path& path, const std::string& layout);

  fs::path state_dict(const Tensors& tensors) {
    testing::write_state_dict(folder_ / "clip.pt", tensors);
    return folder_ / "clip.pt";
  }

  fs::path hugging_face(const Json& config) {
    testing::write_hugging_face(folder_ / "hf", tensors_);
    write_file(folder_ / "hf/config.json", config.dump());
    return folder_ / "hf";
  }

  fs::path open_clip(const Json& config) {
    testing::write_open_clip(folder_ / "oc", tensors_);
    write_file(folder_ / "oc/open_clip_config.json", config.dump());
    return folder_ / "oc";
  }

  TemporaryFolder folder_;
  Tensors tensors_ = tiny_clip();
};

// Every kind of weight arrives unchanged: a stem, a block of each tower, rows of the embedding.
void CheckpointFile::expect_tiny(const fs::path& path, const std::string& layout) {
  SCOPED_TRACE(path);
  const Checkpoint checkpoint = open(path);
  EXPECT_EQ(checkpoint.layout(), layout);
  const TextStem text = checkpoint.text_stem();
  EXPECT_EQ(text.positions, matrix_of(tensors_.at("positional_embedding")));
  EXPECT_EQ(text.projection, matrix_of(tensors_.at("text_projection")));
  EXPECT_EQ(text.ln_final.bias.transpose(), matrix_of(tensors_.at("ln_final.bias")));
  const ImageStem image = checkpoint.image_stem();
  EXPECT_EQ(image.patches, matrix_of(tensors_.at("visual.conv1.weight")));
  EXPECT_EQ(image.projection, matrix_of(tensors_.at("visual.proj")));
  EXPECT_EQ(image.ln_pre.weight.transpose(), matrix_of(tensors_.at("visual.ln_pre.weight")));
  const std::string prefix = "transformer.resblocks.1.";
  const BlockWeights block = checkpoint.text_block(1);
  EXPECT_EQ(block.qkv, matrix_of(tensors_.at(prefix + "attn.in_proj_weight")));
  EXPECT_EQ(block.qkv_bias.transpose(), matrix_of(tensors_.at(prefix + "attn.in_proj_bias")));
  EXPECT_EQ(block.fc, matrix_of(tensors_.at(prefix + "mlp.c_fc.weight")));
  EXPECT_EQ(checkpoint.image_block(0).proj,
            matrix_of(tensors_.at("visual.transformer.resblocks.0.mlp.c_proj.weight")));
  const Matrix embedding = matrix_of(tensors_.at("token_embedding.weight"));
  const std::vector<int> tokens{519, 0, 519};
  EXPECT_EQ(checkpoint.token_embeddings(tokens).row(2), embedding.row(519));
  EXPECT_EQ(checkpoint.token_embeddings(tokens).row(1), embedding.row(0));
  EXPECT_FLOAT_EQ(checkpoint.logit_scale(), std::exp(tensors_.at("logit_scale").values[0]));
}

TEST_F(CheckpointFile, EveryLayoutGivesTheSameWeights) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  testing::write_open_clip(folder_ / "oc", tensors_);
  testing::write_tensors(folder_ / "plain", tensors_);
  expect_tiny(folder_ / "hf", "hugging face");
  expect_tiny(folder_ / "hf/model.safetensors", "hugging face");
  expect_tiny(folder_ / "oc", "open_clip");
  expect_tiny(folder_ / "plain", "state dict");
  expect_tiny(state_dict(tensors_), "state dict");
}

TEST_F(CheckpointFile, ReadsPytorchModelBin) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  fs::remove(folder_ / "hf/model.safetensors");
  testing::write_state_dict(folder_ / "hf/pytorch_model.bin",
                            testing::hugging_face_names(tensors_));
  expect_tiny(folder_ / "hf", "hugging face");
}

TEST_F(CheckpointFile, ReadsShards) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  fs::remove(folder_ / "hf/model.safetensors");
  Tensors shards[2];
  Json index = Json::object();
  for (const auto& [name, tensor] : testing::hugging_face_names(tensors_)) {
    const std::size_t shard = name.size() % 2;
    shards[shard][name] = tensor;
    index["weight_map"][name] = "part-" + std::to_string(shard);
  }
  testing::write_tensors(folder_ / "hf/part-0", shards[0]);
  testing::write_tensors(folder_ / "hf/part-1", shards[1]);
  folder_.file("hf/model.safetensors.index.json", index.dump());
  expect_tiny(folder_ / "hf", "hugging face");
  index["weight_map"]["logit_scale"] = "../part-0";
  folder_.file("hf/model.safetensors.index.json", index.dump());
  EXPECT_THAT(error(folder_ / "hf"), HasSubstr("expected the name of a file beside the index"));
}

TEST_F(CheckpointFile, ReadsStateDictsThatTrainingScriptsWrapped) {
  Tensors wrapped;
  for (const auto& [name, tensor] : tensors_) wrapped["state_dict.module." + name] = tensor;
  expect_tiny(state_dict(wrapped), "state dict");
}

TEST_F(CheckpointFile, ReadsBothHalfFormats) {
  const Matrix exact = matrix_of(tensors_.at("text_projection"));
  for (const auto& [type, tolerance] :
       {std::pair(ElementType::kFloat16, 0.0), std::pair(ElementType::kBfloat16, 0.01)}) {
    testing::write_tensors(folder_ / "plain", tensors_, type);
    const Matrix read = open(folder_ / "plain").text_stem().projection;
    EXPECT_LE((read - exact).cwiseAbs().maxCoeff(), tolerance);
  }
}

TEST_F(CheckpointFile, InfersSizesFromTensors) {
  const ClipShape shape = open(state_dict(tensors_)).shape();
  EXPECT_EQ(shape.text.width, 64);
  EXPECT_EQ(shape.text.layers, 2);
  EXPECT_EQ(shape.text.heads, 1);
  EXPECT_EQ(shape.text.mlp_width, 96);
  EXPECT_EQ(shape.image.width, 128);
  EXPECT_EQ(shape.image.layers, 1);
  EXPECT_EQ(shape.image.heads, 2);
  EXPECT_EQ(shape.image.mlp_width, 160);
  EXPECT_EQ(shape.image.activation, Activation::kQuickGelu);
  EXPECT_EQ(shape.embed, 32);
  EXPECT_EQ(shape.context_length, 7);
  EXPECT_EQ(shape.vocabulary, testing::kTinyVocabulary);
  EXPECT_EQ(shape.patch, 4);
  EXPECT_EQ(shape.grid, 3);
  EXPECT_EQ(shape.preprocessing.image_size, 12);
}

TEST_F(CheckpointFile, TakesSizesFromHuggingFacesConfig) {
  Json config = testing::hugging_face_config();
  config["text_config"]["num_attention_heads"] = 4;
  config["text_config"]["hidden_act"] = "gelu";
  config["vision_config"]["layer_norm_eps"] = 1e-6;
  const ClipShape shape = open(hugging_face(config)).shape();
  EXPECT_EQ(shape.text.heads, 4);
  EXPECT_EQ(shape.text.activation, Activation::kGelu);
  EXPECT_EQ(shape.image.activation, Activation::kQuickGelu);
  EXPECT_FLOAT_EQ(shape.image.layer_norm_eps, 1e-6f);
  EXPECT_FLOAT_EQ(shape.text.layer_norm_eps, 1e-5f);
}

TEST_F(CheckpointFile, FillsWhatHuggingFacesConfigLeavesOut) {
  // An empty config means ViT-B/32, whose weights these are not: the message shows its size.
  EXPECT_THAT(error(hugging_face({{"model_type", "clip"}})), HasSubstr("expected [49408, 512]"));
}

TEST_F(CheckpointFile, PrefersTheOlderDictOfATower) {
  Json config = testing::hugging_face_config();
  config["text_config_dict"] = {{"num_attention_heads", 2}};
  config["vision_config_dict"] = nullptr;
  EXPECT_EQ(open(hugging_face(config)).shape().text.heads, 2);
}

TEST_F(CheckpointFile, TakesPreprocessingFromTheConfig) {
  const fs::path path = hugging_face(testing::hugging_face_config());
  EXPECT_EQ(open(path).shape().preprocessing.mean, Preprocessing{}.mean);
  for (const char* sizes :
       {R"("size":12,"crop_size":12)",
        R"("size":{"shortest_edge":12},"crop_size":{"height":12,"width":12})"}) {
    folder_.file(
        "hf/preprocessor_config.json",
        "{" + std::string(sizes) + R"(,"image_mean":[0.5,0.25,0.125],"image_std":[1,2,3]})");
    const Preprocessing preprocessing = open(path).shape().preprocessing;
    EXPECT_EQ(preprocessing.mean, (std::array<float, 3>{0.5f, 0.25f, 0.125f}));
    EXPECT_EQ(preprocessing.std, (std::array<float, 3>{1, 2, 3}));
  }
  folder_.file("hf/preprocessor_config.json", R"({"size":224})");
  EXPECT_THAT(error(path), HasSubstr("crop_size is 224, expected the model's image size 12"));
  folder_.file("hf/preprocessor_config.json", R"({"image_std":[1,0,1]})");
  EXPECT_THAT(error(path), HasSubstr("standard deviation 0"));
  folder_.file("hf/preprocessor_config.json", R"({"resample":4})");
  EXPECT_THAT(error(path), HasSubstr("resample is 4, expected 1"));
}

TEST_F(CheckpointFile, TakesSizesFromOpenClipsConfig) {
  Json config = testing::open_clip_config();
  config["model_cfg"].erase("quick_gelu");
  config["model_cfg"]["vision_cfg"]["head_width"] = 32;
  config["preprocess_cfg"] = {
      {"mean", {0.5, 0.5, 0.5}}, {"std", {0.25, 0.25, 0.25}}, {"size", {12, 12}}};
  const ClipShape shape = open(open_clip(config)).shape();
  EXPECT_EQ(shape.text.activation, Activation::kGelu);
  EXPECT_EQ(shape.image.activation, Activation::kGelu);
  EXPECT_EQ(shape.image.heads, 4);
  EXPECT_EQ(shape.preprocessing.mean[1], 0.5f);
  EXPECT_EQ(open(open_clip(testing::open_clip_config())).shape().text.activation,
            Activation::kQuickGelu);
}

TEST_F(CheckpointFile, RefusesVariantsOfOpenClip) {
  const auto error_with = [&](const char* pointer, const Json& value) {
    Json config = testing::open_clip_config();
    config[Json::json_pointer(pointer)] = value;
    return error(open_clip(config));
  };
  EXPECT_THAT(error_with("/model_cfg/custom_text", true), HasSubstr("custom_text is set"));
  EXPECT_THAT(error_with("/model_cfg/vision_cfg/timm_model_name", "vit_base"),
              HasSubstr("model_cfg.vision_cfg.timm_model_name is set"));
  EXPECT_THAT(error_with("/model_cfg/text_cfg/hf_model_name", "roberta"),
              HasSubstr("hf_model_name"));
  EXPECT_THAT(error_with("/model_cfg/vision_cfg/pool_type", "avg"), HasSubstr("only 'tok'"));
}

TEST_F(CheckpointFile, RefusesOtherModelTypes) {
  Json config = testing::hugging_face_config();
  config["model_type"] = "siglip";
  EXPECT_THAT(error(hugging_face(config)), HasSubstr("model_type is 'siglip', expected clip"));
  config = testing::hugging_face_config();
  config["vision_config"]["hidden_act"] = "relu";
  EXPECT_THAT(error(hugging_face(config)),
              HasSubstr("vision_config.hidden_act is 'relu', expected quick_gelu or gelu"));
}

TEST_F(CheckpointFile, RefusesImpossibleSizes) {
  for (const auto& [pointer, value] :
       std::vector<std::pair<const char*, Json>>{{"/text_config/hidden_size", -1},
                                                 {"/text_config/hidden_size", "64"},
                                                 {"/text_config/hidden_size", 1ull << 60},
                                                 {"/text_config/num_attention_heads", 0},
                                                 {"/text_config/num_attention_heads", 3},
                                                 {"/text_config/num_hidden_layers", 1000000},
                                                 {"/text_config/layer_norm_eps", -1},
                                                 {"/vision_config/image_size", 13},
                                                 {"/vision_config/num_channels", 4},
                                                 {"/vision_config/patch_size", 5},
                                                 {"/text_config", 3},
                                                 {"/projection_dim", 33}}) {
    Json config = testing::hugging_face_config();
    config[Json::json_pointer(pointer)] = value;
    EXPECT_NE(error(hugging_face(config)), "") << pointer << " " << value;
  }
}

TEST_F(CheckpointFile, NamesWrongShapes) {
  tensors_["ln_final.bias"] = {{63}, std::vector<float>(63)};
  EXPECT_THAT(error(state_dict(tensors_)),
              HasSubstr("clip.pt: tensor 'ln_final.bias' is [63], expected [64]"));
  testing::write_hugging_face(folder_ / "hf", tensors_);
  EXPECT_THAT(error(folder_ / "hf"),
              HasSubstr("model.safetensors: tensor 'text_model.final_layer_norm.bias' is [63]"));
}

TEST_F(CheckpointFile, NamesMissingTensors) {
  tensors_.erase("visual.ln_post.bias");
  EXPECT_THAT(error(state_dict(tensors_)), HasSubstr("clip.pt: no tensor 'visual.ln_post.bias'"));
  tensors_ = tiny_clip();
  tensors_.erase("visual.proj");
  EXPECT_THAT(error(state_dict(tensors_)), HasSubstr("clip.pt: no tensor 'visual.proj'"));
  Tensors stored = testing::hugging_face_names(tiny_clip());
  stored.erase("text_model.encoder.layers.1.self_attn.k_proj.bias");
  hugging_face(testing::hugging_face_config());
  testing::write_tensors(folder_ / "hf/model.safetensors", stored);
  EXPECT_THAT(error(folder_ / "hf"), HasSubstr("encoder.layers.1.self_attn.k_proj.bias"));
}

TEST_F(CheckpointFile, RefusesIntegerWeights) {
  testing::write_tensors(folder_ / "plain", tensors_, ElementType::kInt64);
  EXPECT_THAT(error(folder_ / "plain"), HasSubstr("holds int64 numbers, expected float32"));
}

TEST_F(CheckpointFile, RefusesNanAndInfinity) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensors damaged = tiny_clip();
    damaged.at("transformer.resblocks.1.mlp.c_fc.weight").values[5] = value;
    damaged.at("token_embedding.weight").values[64] = value;
    const Checkpoint checkpoint = open(state_dict(damaged));
    EXPECT_NO_THROW(checkpoint.text_block(0));
    EXPECT_THAT(error_of([&] { checkpoint.text_block(1); }),
                HasSubstr("clip.pt: tensor 'transformer.resblocks.1.mlp.c_fc.weight' holds NaN"));
    EXPECT_THAT(error_of([&] { checkpoint.token_embeddings(std::vector<int>{1}); }),
                HasSubstr("'token_embedding.weight' holds NaN"));
  }
}

TEST_F(CheckpointFile, RefusesTokensAndLayersThatAreNotThere) {
  const Checkpoint checkpoint = open(state_dict(tensors_));
  EXPECT_THAT(error_of([&] { checkpoint.token_embeddings(std::vector<int>{520}); }),
              HasSubstr("token 520 of a vocabulary of 520"));
  EXPECT_THROW(checkpoint.token_embeddings(std::vector<int>{-1}), Error);
  EXPECT_THAT(error_of([&] { checkpoint.text_block(2); }), HasSubstr("layer 2 of 2"));
  EXPECT_THROW(checkpoint.image_block(-1), Error);
}

TEST_F(CheckpointFile, SaysHowToReplaceLegacyPickles) {
  EXPECT_THAT(error(folder_.file("old.pt", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j")),
              AllOf(HasSubstr("before 1.6"), HasSubstr("re-save")));
}

TEST_F(CheckpointFile, SaysWhatACheckpointIs) {
  EXPECT_THAT(error(folder_ / "missing.pt"), HasSubstr("missing.pt: cannot open"));
  EXPECT_THAT(error(folder_.file("empty.pt", "")), HasSubstr("empty.pt: 0 bytes"));
  EXPECT_THAT(error(folder_.file("picture.png", "\x89PNG")),
              HasSubstr("unknown kind, expected a Hugging"));
  EXPECT_THAT(error(folder_.path()), HasSubstr("not a checkpoint, expected a Hugging Face folder"));
  folder_.file("config.json", "{}");
  EXPECT_THAT(error(folder_.path()), HasSubstr("config.json is there but not the weights"));
  EXPECT_THAT(error("no-such/model"), HasSubstr("hf download no-such/model"));
}

TEST_F(CheckpointFile, SaysWhatAForeignStateDictHolds) {
  const Tensors foreign{{"fc.weight", {{2, 2}, {1, 2, 3, 4}}}};
  EXPECT_THAT(error(state_dict(foreign)), HasSubstr("1 tensors such as 'fc.weight', but no CLIP"));
}

TEST_F(CheckpointFile, NeedsTheConfigOfHuggingFaceWeights) {
  testing::write_tensors(folder_ / "lonely", testing::hugging_face_names(tensors_));
  EXPECT_THAT(error(folder_ / "lonely"), HasSubstr("without a config.json"));
}

TEST_F(CheckpointFile, FindsAHubNameInTheLocalCache) {
  const fs::path model = folder_ / "models--org--tiny";
  testing::write_hugging_face(model / "snapshots/abc", tensors_);
  write_file(model / "refs/main", "abc");
  const char* before = std::getenv("HF_HUB_CACHE");
  const std::string saved = before == nullptr ? "" : before;
  setenv("HF_HUB_CACHE", folder_.path().c_str(), 1);
  EXPECT_EQ(open("org/tiny").path(), model / "snapshots/abc");
  before == nullptr ? unsetenv("HF_HUB_CACHE") : setenv("HF_HUB_CACHE", saved.c_str(), 1);
}

TEST_F(CheckpointFile, FingerprintIsTheModelsNotTheFiles) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  testing::write_open_clip(folder_ / "oc", tensors_);
  testing::write_tensors(folder_ / "half", tensors_, ElementType::kFloat16);
  const std::uint64_t fingerprint = open(state_dict(tensors_)).fingerprint();
  EXPECT_EQ(open(folder_ / "hf").fingerprint(), fingerprint);
  EXPECT_EQ(open(folder_ / "oc").fingerprint(), fingerprint);
  EXPECT_EQ(open(folder_ / "half").fingerprint(), fingerprint);
  EXPECT_NE(open(state_dict(tiny_clip(2))).fingerprint(), fingerprint);
}

TEST_F(CheckpointFile, FingerprintNoticesEachTower) {
  const std::uint64_t fingerprint = open(state_dict(tensors_)).fingerprint();
  for (const char* name : {"text_projection", "visual.proj", "positional_embedding",
                           "transformer.resblocks.1.attn.in_proj_weight",
                           "visual.transformer.resblocks.0.attn.in_proj_weight"}) {
    Tensors changed = tensors_;
    changed.at(name).values.back() += 1;
    EXPECT_NE(open(state_dict(changed)).fingerprint(), fingerprint) << name;
  }
}

TEST_F(CheckpointFile, ReadsTheSameAfterItsPagesWereDropped) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  for (const fs::path& path : {folder_ / "hf", state_dict(tensors_)}) {
    const Checkpoint checkpoint = open(path);
    const Matrix before = checkpoint.text_block(0).qkv;
    checkpoint.drop_pages();
    EXPECT_EQ(checkpoint.text_block(0).qkv, before);
  }
}

TEST_F(CheckpointFile, RefusesTruncatedFiles) {
  testing::write_hugging_face(folder_ / "hf", tensors_);
  for (const fs::path& path : {state_dict(tensors_), folder_ / "hf/model.safetensors"}) {
    const std::string whole = read_text(path);
    for (int part = 0; part < 40; ++part) {
      write_file(path, whole.substr(0, whole.size() * part / 40));
      EXPECT_THAT(error(path), HasSubstr(path.filename().string())) << part;
    }
  }
}

}  // namespace
}  // namespace qprompt
