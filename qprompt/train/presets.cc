#include <array>

#include "qprompt/core/fields.h"
#include "qprompt/train/settings.h"

namespace qprompt {
namespace {

// What all settings below share: full precision, 16 shots, a new view in every epoch.
Settings published(const Settings& own) {
  return merged({{"quantizer", "none"}, {"shots", "16"}, {"views", "0"}}, own);
}

// The same, quantized while training.
Settings quantized(const std::string& bits, const Settings& plain) {
  return merged(plain, {{"quantizer", "kmeans"}, {"bits", bits}});
}

Settings coop(const Settings& own) {
  return published(merged({{"method", "coop"},
                           {"n_ctx", "4"},
                           {"ctx_init", "a photo of a"},
                           {"epochs", "200"},
                           {"batch_size", "32"},
                           {"lr", "0.002"}},
                          own));
}

// 2 + 2 tokens, 4 images a batch: MaPLe's and IVLP's way.
Settings multimodal(const Settings& own) {
  return published(merged({{"batch_size", "4"}, {"ctx_init", "a photo of a"}}, own));
}

Settings maple(const Settings& own) {
  return multimodal(merged(
      {{"method", "maple"}, {"n_ctx", "2"}, {"depth", "9"}, {"epochs", "5"}, {"lr", "0.0035"}},
      own));
}

Settings promptsrc(const Settings& own) {
  return multimodal(merged({{"method", "ivlp"},
                            {"n_ctx", "4"},
                            {"n_ctx_vision", "4"},
                            {"regularizer", "promptsrc"},
                            {"anchor", "imagenet-80"},
                            {"model_choice", "average"},
                            {"lr", "0.0025"}},
                           own));
}

// A learner on features with what its publication has.
Settings on_features(MethodTag method, const std::string& views) {
  return published(
      merged(method_defaults(method), {{"method", enum_name(method)}, {"views", views}}));
}

const std::array kPresets{
    Preset{"coop-base2new",
           "CoCoOp's repository, configs/trainers/CoOp/vit_b16_ctxv1.yaml and scripts/cocoop: the "
           "CoOp rows of its base-to-new table",
           coop({})},
    Preset{"coop-cross-dataset",
           "CoCoOp's repository, configs/trainers/CoOp/vit_b16_ep50_ctxv1.yaml: the source of "
           "cross-dataset transfer",
           coop({{"epochs", "50"}})},
    Preset{"coop-fewshot",
           "CoOp (IJCV 2022), configs/trainers/CoOp/vit_b16.yaml: 8 and 16 shots; 100 epochs for 2 "
           "and 4 shots, 50 for one",
           coop({{"n_ctx", "16"}, {"ctx_init", ""}})},
    Preset{"qcoop-base2new",
           "QPrompt (ECCV 2024): 1 bit, 4 tokens; what it does not say is as coop-base2new",
           quantized("1", coop({}))},
    Preset{"cocoop-base2new",
           "CoCoOp's repository, configs/trainers/CoCoOp/vit_b16_c4_ep10_batch1_ctxv1.yaml",
           published({{"method", "cocoop"},
                      {"n_ctx", "4"},
                      {"ctx_init", "a photo of a"},
                      {"epochs", "10"},
                      {"batch_size", "1"},
                      {"lr", "0.002"}})},
    Preset{"maple-base2new",
           "MaPLe's repository, configs/trainers/MaPLe/vit_b16_c2_ep5_batch4_2ctx.yaml", maple({})},
    Preset{"maple-cross-dataset",
           "MaPLe's repository, configs/trainers/MaPLe/vit_b16_c2_ep5_batch4_2ctx_cross_datasets"
           ".yaml",
           maple({{"depth", "3"}, {"epochs", "2"}, {"lr", "0.0026"}})},
    Preset{
        "qmaple-base2new",
        "QPrompt (ECCV 2024): 4 bits for every matrix but the biases; what it does not say is as "
        "maple-base2new",
        quantized("4", maple({}))},
    Preset{"ivlp-base2new",
           "MaPLe's repository, configs/trainers/IVLP/vit_b16_c2_ep5_batch4_2+2ctx.yaml",
           multimodal({{"method", "ivlp"},
                       {"n_ctx", "2"},
                       {"n_ctx_vision", "2"},
                       {"depth_text", "12"},
                       {"depth_vision", "12"},
                       {"epochs", "5"},
                       {"lr", "0.0035"}})},
    Preset{
        "language-base2new",
        "MaPLe's repository, configs/trainers/IVLP/vit_b16_c2_ep5_batch4_4ctx_language_only.yaml",
        multimodal({{"method", "ivlp"},
                    {"n_ctx", "4"},
                    {"n_ctx_vision", "0"},
                    {"depth_text", "12"},
                    {"epochs", "5"},
                    {"lr", "0.0025"}})},
    Preset{"vpt-base2new",
           "MaPLe's repository, configs/trainers/VPT/vit_b16_c2_ep5_batch4_4.yaml, deep",
           published({{"method", "vpt"},
                      {"n_ctx_vision", "8"},
                      {"depth_vision", "12"},
                      {"batch_size", "4"},
                      {"epochs", "5"},
                      {"lr", "0.0025"}})},
    Preset{"kgcoop-base2new",
           "KgCoOp's repository, configs/trainers/KgCoOp/vit_b16_ep100_ctxv1.yaml and "
           "scripts/base2new_train.sh; its anchor is the data set's own sentence (--anchor)",
           coop({{"regularizer", "kgcoop"},
                 {"kgcoop_weight", "8"},
                 {"epochs", "100"},
                 {"batch_size", "128"}})},
    Preset{"prograd-base2new",
           "ProGrad's repository, configs/trainers/ProGrad/rn50_ep100.yaml and "
           "scripts/base2new_train_prograd.sh: 4 shots; its words end 16 tokens that start at "
           "zero, here the words are all tokens",
           coop({{"regularizer", "prograd"},
                 {"prograd_weight", "1"},
                 {"epochs", "100"},
                 {"shots", "4"}})},
    Preset{"promptsrc-base2new",
           "PromptSRC's repository, configs/trainers/PromptSRC/vit_b16_c2_ep20_batch4_4+4ctx.yaml",
           promptsrc({{"depth_text", "9"},
                      {"depth_vision", "9"},
                      {"epochs", "20"},
                      {"average_mean", "15"},
                      {"average_deviation", "1"}})},
    Preset{"promptsrc-cross-dataset",
           "PromptSRC's repository, configs/trainers/PromptSRC/"
           "vit_b16_c2_ep20_batch4_4+4ctx_cross_datasets.yaml",
           promptsrc({{"depth_text", "3"},
                      {"depth_vision", "3"},
                      {"epochs", "20"},
                      {"average_mean", "6"},
                      {"average_deviation", "10"}})},
    Preset{"promptsrc-fewshot",
           "PromptSRC's repository, configs/trainers/PromptSRC/vit_b16_c2_ep50_batch4_4+4ctx_few_"
           "shot.yaml (for some data sets it takes 45 and 5 for the average)",
           promptsrc({{"depth_text", "9"},
                      {"depth_vision", "9"},
                      {"epochs", "50"},
                      {"average_mean", "30"},
                      {"average_deviation", "30"}})},
    Preset{"clip-adapter-fewshot",
           "CLIP-Adapter's repository, clip_adapter.py, a trainer within CoOp's repository, whose "
           "commands and configs/trainers/CoOp/vit_b16.yaml it takes",
           on_features(MethodTag::kClipAdapter, "0")},
    Preset{"tip-adapter-fewshot",
           "Tip-Adapter (ECCV 2022), section 4.1: alpha 1.0 and beta 5.5 for all data sets; its "
           "repository's configs: keys are means of 10 views",
           on_features(MethodTag::kTipAdapter, "10")},
    Preset{"tip-adapter-f-fewshot",
           "Tip-Adapter's repository, main.py and configs: AdamW, 20 epochs, 256 images a batch, "
           "keys from 10 views",
           on_features(MethodTag::kTipAdapterF, "10")},
    Preset{"linear-probe-fewshot",
           "CLIP's repository, README.md: L-BFGS with C 0.316 on features of length 10; no views",
           on_features(MethodTag::kLinearProbe, "0")},
    Preset{"clap-fewshot",
           "CLAP's repository, configs/trainers/SGD_lr1e-1_B256_ep300.yaml and "
           "trainers/adapters.py: 20 views",
           on_features(MethodTag::kClap, "20")},
    Preset{
        "gaussian-fewshot",
        "Wang et al. (ICLR 2024), main_few_shots.py and configs/few_shots: 10 views; it searches "
        "alpha on validation images",
        on_features(MethodTag::kGaussian, "10")},
};

}  // namespace

Settings method_defaults(MethodTag method) {
  if (method == MethodTag::kClipAdapter) {
    return {{"epochs", "200"}, {"batch_size", "32"}, {"lr", "0.002"}};
  }
  if (method == MethodTag::kTipAdapterF) {
    return {{"optimizer", "adamw"}, {"lr", "0.001"},  {"weight_decay", "0.01"}, {"epsilon", "1e-4"},
            {"warmup_epochs", "0"}, {"epochs", "20"}, {"batch_size", "256"},    {"views", "10"}};
  }
  if (method == MethodTag::kClap) {
    return {{"epochs", "300"},
            {"batch_size", "256"},
            {"lr", "0.1"},
            {"weight_decay", "0"},
            {"views", "20"}};
  }
  // Images as they are.
  if (!learns_by_steps(default_config(method))) return {{"views", "0"}};
  return {};
}

std::span<const Preset> presets() { return kPresets; }

const Settings& instead_of_recommended_preset() {
  static const Settings instead{{"views", "8"}, {"model_choice", "best_or_zero_shot"}};
  return instead;
}

bool follow_recommendation(const Settings& given) {
  const auto method = given.find("method");
  return method == given.end() ||
         method->second == preset(kRecommendedPreset).settings.at("method");
}

Settings recommended(const Settings& given) {
  if (!follow_recommendation(given)) return given;
  Settings settings = merged(preset(kRecommendedPreset).settings, instead_of_recommended_preset());
  // They are the method's own, and other words have another length.
  settings.erase("n_ctx");
  settings.erase("ctx_init");
  return merged(settings, given);
}

}  // namespace qprompt
