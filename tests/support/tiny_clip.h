#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qprompt/formats/tensor.h"

namespace qprompt::testing {

// A tensor with values of its own.
struct OwnedTensor {
  std::vector<Index> shape;
  std::vector<float> values;
};
using Tensors = std::map<std::string, OwnedTensor>;

// A CLIP with random weights that float16 holds exactly, under OpenAI's names. Text tower: width
// 64, 2 layers; image tower: width 128, 1 layer, 3 x 3 patches of 4 pixels; MLP of 96 and 160;
// embed 32; context 7; 520 tokens.
Tensors tiny_clip(std::uint64_t seed = 1);
constexpr int kTinyVocabulary = 520;

// The same weights under Hugging Face's names.
Tensors hugging_face_names(const Tensors& openai);

// config.json and open_clip_config.json of the tiny CLIP.
nlohmann::json hugging_face_config();
nlohmann::json open_clip_config();

// Files of the layouts.
void write_tensors(const std::filesystem::path& path, const Tensors& tensors,
                   ElementType type = ElementType::kFloat32);
void write_state_dict(const std::filesystem::path& path, const Tensors& tensors);
void write_hugging_face(const std::filesystem::path& folder, const Tensors& openai);
void write_open_clip(const std::filesystem::path& folder, const Tensors& openai);

}  // namespace qprompt::testing
