#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qprompt/formats/tensor_source.h"

namespace qprompt {

// The weights of a layout in a folder.
struct WeightFile {
  std::filesystem::path path;  // empty where there is none
  std::string passed_over;     // what was told of better files that are Git LFS pointers
};

// The first of these that is there and no Git LFS pointer; a pointer where there are only such.
WeightFile find_weights(const std::filesystem::path& folder, std::span<const char* const> names);

// What a file is follows from its content. Throws Error naming it and what a checkpoint is.
struct OpenedWeights {
  std::shared_ptr<const TensorSource> source;
  bool torch_script = false;
};
OpenedWeights open_weights(const std::filesystem::path& path);

// The layouts that are understood, for messages.
inline constexpr const char* kLayouts =
    "a Hugging Face folder (config.json with model.safetensors or pytorch_model.bin), an open_clip "
    "folder (open_clip_config.json with open_clip_model.safetensors), an OpenAI .pt archive, or a "
    "state dict of CLIP or SLIP that torch.save wrote";

}  // namespace qprompt
