#include "qprompt/checkpoint/checkpoint_files.h"

#include <array>
#include <nlohmann/json.hpp>

#include "qprompt/checkpoint/hugging_face_preprocessing.h"
#include "qprompt/checkpoint/hugging_face_shape.h"
#include "qprompt/checkpoint/inferred_shape.h"
#include "qprompt/checkpoint/open_clip_shape.h"
#include "qprompt/checkpoint/weight_files.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/json.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// A layout whose sizes are in a file.
struct ConfiguredLayout {
  const char* name;
  Naming naming;
  const char* config;
  ClipShape (*shape)(const fs::path& folder);
  std::array<const char*, 3> weights;
};

constexpr ConfiguredLayout kHuggingFace{
    "hugging face",
    Naming::kHuggingFace,
    "config.json",
    hugging_face_shape,
    {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"}};
constexpr ConfiguredLayout kOpenClip{
    "open_clip",
    Naming::kOpenAi,
    "open_clip_config.json",
    open_clip_shape,
    {"open_clip_model.safetensors", "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pt"}};

Heads heads_of(const ClipShape& shape) {
  return {shape.text.heads, shape.resnet ? shape.resnet->heads : shape.image.heads};
}

// Options may repeat what is known, and not contradict it.
void check_options(const CheckpointOptions& options, const ClipShape& shape,
                   const std::string& origin) {
  const auto same = [&](Activation known) {
    return !options.activation || *options.activation == known;
  };
  require(same(shape.text.activation) && (shape.resnet || same(shape.image.activation)),
          "--activation ", enum_name(options.activation.value_or(Activation::kGelu)),
          " contradicts ", origin, ", which has ", enum_name(shape.text.activation), " (text) and ",
          enum_name(shape.image.activation), " (image)");
  const Heads known = heads_of(shape), told = options.heads.value_or(known);
  require(told == known, "--heads ", told.text, ",", told.image, " contradicts ", origin,
          ", which has ", known.text, ",", known.image);
}

CheckpointFiles configured(const ConfiguredLayout& layout, const fs::path& path,
                           const fs::path& folder, std::shared_ptr<const TensorSource> source,
                           const CheckpointOptions& options) {
  ClipShape shape = layout.shape(folder);
  check_options(options, shape, (folder / layout.config).string());
  Weights weights(std::move(source), layout.naming, path);
  shape.stretched_positions =
      layout.naming == Naming::kOpenAi && weights.contains("positional_embedding_res");
  CheckpointFiles files{path, layout.name, std::move(weights), shape};
  if (&layout == &kHuggingFace && !has_preprocessing(folder)) {
    files.assumptions.push_back(
        folder.string() + ": no preprocessor_config.json; CLIP's own preprocessing is assumed");
  }
  return files;
}

CheckpointFiles open_configured(const ConfiguredLayout& layout, const fs::path& folder,
                                const WeightFile& file, const CheckpointOptions& options) {
  layout.shape(folder);  // before the weights: it says what is not supported
  CheckpointFiles files =
      configured(layout, folder, folder, open_weights(file.path).source, options);
  if (!file.passed_over.empty()) {
    files.assumptions.push_back(file.passed_over + file.path.filename().string() + " is read");
  }
  return files;
}

// timm's folders hold a config.json of timm's beside open_clip's files.
bool is_timms(const fs::path& config) {
  const nlohmann::json json = read_json(config);
  return json.is_object() && json.contains("architecture") && !json.contains("model_type");
}

CheckpointFiles open_folder(const fs::path& folder, const CheckpointOptions& options) {
  for (const ConfiguredLayout* layout : {&kHuggingFace, &kOpenClip}) {
    const fs::path config = folder / layout->config;
    if (!fs::exists(config)) continue;
    if (layout == &kHuggingFace && is_timms(config)) continue;
    const WeightFile file = find_weights(folder, layout->weights);
    if (!file.path.empty()) return open_configured(*layout, folder, file, options);
  }
  for (const ConfiguredLayout* layout : {&kHuggingFace, &kOpenClip}) {
    require(!fs::exists(folder / layout->config), folder.string(), ": ", layout->config,
            " is there but not the weights of CLIP, expected ", kLayouts);
  }
  fail(folder.string(), ": not a checkpoint, expected ", kLayouts);
}

// What OpenAI's own loader takes for granted.
std::vector<std::string> assumptions_of(const CheckpointOptions& options, const fs::path& path) {
  std::string assumed, flags;
  if (!options.activation) assumed = "the activation quick_gelu", flags = "--activation";
  if (!options.heads) {
    assumed += (assumed.empty() ? "" : " and ") + std::string("attention heads of width 64");
    flags += (flags.empty() ? "" : ", ") + std::string("--heads");
  }
  if (assumed.empty()) return {};
  return {path.string() + ": no configuration beside it; assumed: " + assumed +
          " (otherwise: " + flags + ")"};
}

CheckpointFiles open_slip(const fs::path& path, std::shared_ptr<const TensorSource> source,
                          const CheckpointOptions& options) {
  Weights weights(std::move(source), Naming::kSlip, path);
  ClipShape shape = infer_slip_shape(weights);
  check_options(options, shape, "SLIP");
  return {path, "slip", std::move(weights), shape};
}

// Named as OpenAI does, and without a configuration.
CheckpointFiles open_inferred(const fs::path& path, const OpenedWeights& opened,
                              const CheckpointOptions& options) {
  const auto& tensors = opened.source->tensors();
  const bool clip = opened.source->contains("token_embedding.weight") &&
                    opened.source->contains("visual.conv1.weight");
  require(clip, path.string(), ": ", tensors.size(), " tensors",
          tensors.empty() ? "" : " such as '" + tensors.begin()->first + "'",
          ", but no CLIP: expected 'token_embedding.weight' and 'visual.conv1.weight'");
  Weights weights(opened.source, Naming::kOpenAi, path);
  ClipShape shape = infer_shape(weights, options);
  CheckpointFiles files{path, opened.torch_script ? "openai" : "state dict", std::move(weights),
                        shape};
  if (!opened.torch_script) files.assumptions = assumptions_of(options, path);
  return files;
}

CheckpointFiles open_file(const fs::path& path, const CheckpointOptions& options) {
  const OpenedWeights opened = open_weights(path);
  const fs::path folder = fs::absolute(path).parent_path();
  const auto has = [&](const char* name) { return opened.source->contains(name); };
  if (has("text_model.embeddings.token_embedding.weight")) {
    require(fs::exists(folder / kHuggingFace.config), path.string(),
            ": Hugging Face weights without a config.json beside them");
    return configured(kHuggingFace, path, folder, opened.source, options);
  }
  if (has("visual.cls_token") && has("image_projection")) {
    return open_slip(path, opened.source, options);
  }
  if (!opened.torch_script && fs::exists(folder / kOpenClip.config)) {
    return configured(kOpenClip, path, folder, opened.source, options);
  }
  return open_inferred(path, opened, options);
}

}  // namespace

CheckpointFiles open_checkpoint_files(const fs::path& path, const CheckpointOptions& options) {
  return fs::is_directory(path) ? open_folder(path, options) : open_file(path, options);
}

}  // namespace qprompt
