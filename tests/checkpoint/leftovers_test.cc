// Every tensor and every key of a configuration is used, harmless, or an Error that names it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/file.h"
#include "qprompt/core/thread_pool.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"
#include "tests/support/torch_writer.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::PickleWriter;
using testing::Tensors;
using Json = nlohmann::json;

const testing::OwnedTensor kTensor{{2}, {1, 2}};

class Leftovers : public ::testing::Test {
 protected:
  fs::path safetensors(const Tensors& tensors) {
    testing::write_tensors(folder_ / "clip.safetensors", tensors);
    return folder_ / "clip.safetensors";
  }
  fs::path hugging_face(const Json& config, const Tensors& more = {}) {
    Tensors stored = testing::hugging_face_names(tensors_);
    stored.insert(more.begin(), more.end());
    testing::write_tensors(folder_ / "hf/model.safetensors", stored);
    write_file(folder_ / "hf/config.json", config.dump());
    return folder_ / "hf";
  }
  fs::path open_clip(const Json& config) {
    testing::write_tensors(folder_ / "oc/open_clip_model.safetensors", tensors_);
    write_file(folder_ / "oc/open_clip_config.json", config.dump());
    return folder_ / "oc";
  }
  static Checkpoint open(const fs::path& path) { return Checkpoint::open(path.string()); }
  static std::string error(const fs::path& path) {
    return error_of([&] { open(path); });
  }
  // One setting added to a configuration.
  static Json with(Json config, const char* pointer, const Json& value) {
    config[Json::json_pointer(pointer)] = value;
    return config;
  }

  testing::TemporaryFolder folder_;
  Tensors tensors_ = testing::tiny_clip();
};

TEST_F(Leftovers, OfTensorsAreNamed) {
  for (const char* name : {"logit_bias", "visual.transformer.resblocks.0.attn.q_norm.weight",
                           "transformer.resblocks.1.attn.ln_out.bias", "visual.head.weight",
                           "transformer.resblocks.2.ln_1.weight", "extra"}) {
    Tensors more = tensors_;
    more[name] = kTensor;
    EXPECT_THAT(error(safetensors(more)),
                AllOf(HasSubstr("clip.safetensors"), HasSubstr("'" + std::string(name) + "' [2]")));
  }
  EXPECT_THAT(error(hugging_face(testing::hugging_face_config(), {{"classifier.weight", kTensor}})),
              HasSubstr("tensor 'classifier.weight'"));
}

TEST_F(Leftovers, OfBuffersAndTrainingAreHarmless) {
  EXPECT_NO_THROW(open(hugging_face(testing::hugging_face_config(),
                                    {{"text_model.embeddings.position_ids", kTensor},
                                     {"vision_model.embeddings.position_ids", kTensor}})));
  Tensors more;
  for (const auto& [name, tensor] : tensors_) more["state_dict.module." + name] = tensor;
  for (const char* name :
       {"state_dict.module.attn_mask", "optimizer.state.0.exp_avg",
        "optimizer_states.0.state.0.exp_avg", "input_resolution", "context_length", "vocab_size"}) {
    more[name] = kTensor;
  }
  testing::write_state_dict(folder_ / "clip.pt", more);
  EXPECT_NO_THROW(open(folder_ / "clip.pt"));
}

TEST_F(Leftovers, OfWrappersAreTakenOffInAnyCombination) {
  for (const std::string wrapper : {"module.", "model.", "clip_model.", "clip.", "_orig_mod.",
                                    "state_dict.model.clip_model.module."}) {
    Tensors wrapped;
    for (const auto& [name, tensor] : tensors_) wrapped[wrapper + name] = tensor;
    EXPECT_EQ(open(safetensors(wrapped)).shape().text.layers, 2) << wrapper;
  }
}

TEST_F(Leftovers, OfASecondCopyAreNamed) {
  Tensors twice = tensors_;
  twice["module.logit_scale"] = tensors_.at("logit_scale");
  EXPECT_THAT(error(safetensors(twice)),
              AllOf(HasSubstr("'module.logit_scale' is there twice"), HasSubstr("'logit_scale'")));
}

TEST_F(Leftovers, OfHuggingFacesConfigAreNamed) {
  const Json config = testing::hugging_face_config();
  EXPECT_THAT(error(hugging_face(with(config, "/vision_config/qk_norm", true))),
              HasSubstr("config.json: vision_config.qk_norm is true, a setting that is not known"));
  EXPECT_THAT(error(hugging_face(with(config, "/text_config/rope_theta", 1e4))),
              HasSubstr("text_config.rope_theta"));
  EXPECT_THAT(error(hugging_face(with(config, "/pool_type", "mean"))), HasSubstr("pool_type"));
  EXPECT_THAT(error(hugging_face(with(config, "/quantization_config", Json{{"bits", 8}}))),
              HasSubstr("quantization_config is set"));
  EXPECT_THAT(error(hugging_face(with(config, "/text_config/eos_token_id", Json{1, 2}))),
              HasSubstr("text_config.eos_token_id"));
}

// What transformers 4 writes into a tower's configuration, shortened.
TEST_F(Leftovers, OfTransformersBookkeepingAreHarmless) {
  Json config = testing::hugging_face_config();
  config.update(Json::parse(R"({"_commit_hash": null, "architectures": ["CLIPModel"],
      "initializer_factor": 1.0, "logit_scale_init_value": 2.6592, "torch_dtype": "float32",
      "transformers_version": null, "dtype": "float32"})"));
  for (const char* tower : {"text_config", "vision_config"}) {
    config[tower].update(Json::parse(R"({"_name_or_path": "", "add_cross_attention": false,
        "attention_dropout": 0.0, "bad_words_ids": null, "chunk_size_feed_forward": 0,
        "dropout": 0.0, "id2label": {"0": "LABEL_0"}, "initializer_range": 0.02,
        "model_type": "clip_text_model", "pruned_heads": {}, "top_k": 50, "use_bfloat16": false,
        "projection_dim": 512, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1})"));
  }
  EXPECT_NO_THROW(open(hugging_face(config)));
}

TEST_F(Leftovers, OfOpenClipsConfigAreNamed) {
  const Json config = testing::open_clip_config();
  for (const char* tower : {"vision_cfg", "text_cfg"}) {
    for (const char* key : {"qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner",
                            "scale_attn", "scale_fc", "rope", "use_swiglu"}) {
      const std::string name = std::string("model_cfg.") + tower + "." + key;
      const std::string pointer = std::string("/model_cfg/") + tower + "/" + key;
      EXPECT_THAT(error(open_clip(with(config, pointer.c_str(), true))), HasSubstr(name));
    }
  }
  EXPECT_THAT(error(open_clip(with(config, "/model_cfg/init_logit_bias", -10))),
              HasSubstr("model_cfg.init_logit_bias is set"));
  EXPECT_THAT(error(open_clip(with(config, "/model_cfg/text_cfg/tokenizer_kwargs",
                                   Json{{"clean", "canonicalize"}}))),
              HasSubstr("tokenizer_kwargs"));
  EXPECT_THAT(error(open_clip(with(config, "/sampler", "x"))), HasSubstr("sampler is \"x\""));
}

TEST_F(Leftovers, OfOpenClipThatAreOffAreHarmless) {
  Json config = testing::open_clip_config();
  config["model_cfg"].update(
      Json::parse(R"({"init_logit_scale": 2.66, "init_logit_bias": null, "custom_text": false})"));
  config["model_cfg"]["vision_cfg"].update(Json::parse(
      R"({"patch_dropout": 0.5, "qk_norm": false, "act_kwargs": null, "timm_drop": 0.0,
          "output_tokens": false, "block_type": null, "pool_type": "tok"})"));
  config["model_cfg"]["text_cfg"].update(
      Json::parse(R"({"pad_id": 0, "eos_id": 2, "proj_type": "linear", "hf_proj_type": "mlp"})"));
  EXPECT_NO_THROW(open(open_clip(config)));
}

// Long-CLIP's encode_text: positional_embedding * mask1 + positional_embedding_res * mask2, where
// mask1 keeps the first 20 (model/model_longclip.py).
TEST_F(Leftovers, OfLongClipAreItsStretchedPositions) {
  testing::OwnedTensor kept{{30, 64}, {}}, stretched{{30, 64}, {}};
  for (int i = 0; i < 30 * 64; ++i) kept.values.push_back(1.0f * i), stretched.values.push_back(-i);
  tensors_["positional_embedding"] = kept;
  tensors_["positional_embedding_res"] = stretched;
  const Checkpoint checkpoint = open(safetensors(tensors_));
  const Matrix positions = checkpoint.text_stem().positions;
  EXPECT_EQ(positions.rows(), 30);
  EXPECT_EQ(positions(19, 3), 19 * 64 + 3);
  EXPECT_EQ(positions(20, 3), -(20 * 64 + 3));
  EXPECT_EQ(positions(29, 63), -(29 * 64 + 63));
  ThreadPool threads{2};
  const std::uint64_t identity = checkpoint.identity(threads);
  tensors_["positional_embedding_res"].values.back() += 1;
  EXPECT_NE(open(safetensors(tensors_)).identity(threads), identity);
}

TEST_F(Leftovers, OfLongClipNeedMorePositionsThanAreKept) {
  tensors_["positional_embedding_res"] = tensors_["positional_embedding"];
  EXPECT_THAT(error(safetensors(tensors_)), HasSubstr("expected above 20"));
}

// What torch.save(model) writes: {"_parameters": {...}, "_modules": {"part": ...}} as the state of
// an object whose class is not imported here.
void add_module(PickleWriter& pickle, std::map<std::string, std::string>& files,
                const Tensors& tensors) {
  Tensors own;
  std::map<std::string, Tensors> parts;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t dot = name.find('.');
    if (dot == name.npos) {
      own[name] = tensor;
    } else {
      parts[name.substr(0, dot)][name.substr(dot + 1)] = tensor;
    }
  }
  pickle.global("my.model", "Module").raw(")\x81").dict().mark().text("training").raw("\x89");
  pickle.text("_parameters").ordered_dict().mark();
  for (const auto& [name, tensor] : own) {
    const std::string key = std::to_string(files.size());
    const std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
    pickle.text(name).global("torch._utils", "_rebuild_parameter").mark();
    pickle.tensor({.key = key,
                   .storage_size = static_cast<std::int64_t>(tensor.values.size()),
                   .shape = shape,
                   .strides = testing::dense_strides(shape)});
    pickle.raw("\x88").ordered_dict().tuple().reduce();
    files["data/" + key] = testing::bytes_of(tensor.values);
  }
  pickle.set_items().text("_modules").ordered_dict().mark();
  for (const auto& [name, part] : parts) {
    pickle.text(name);
    add_module(pickle, files, part);
  }
  pickle.set_items().set_items().raw("b");
}

TEST_F(Leftovers, OfAWholePickledModuleAreItsTensors) {
  PickleWriter pickle;
  std::map<std::string, std::string> files;
  add_module(pickle, files, tensors_);
  files["data.pkl"] = pickle.stop();
  testing::write_archive(folder_ / "model.pt", files);
  testing::write_state_dict(folder_ / "clip.pt", tensors_);
  ThreadPool threads{2};
  EXPECT_EQ(open(folder_ / "model.pt").identity(threads),
            open(folder_ / "clip.pt").identity(threads));
}

}  // namespace
}  // namespace qprompt
