#pragma once

#include <filesystem>

#include "qprompt/checkpoint/checkpoint.h"
#include "tests/reference/random_clip.h"

namespace qprompt::testing {

// Two small towers unlike each other. Text: width 24, 3 layers, 2 heads; image: width 20, 2 layers,
// 5 heads, 3 x 3 patches of 4 pixels; embed 16, context 20; the vocabulary is write_random_model's.
ClipShape small_clip_shape(Activation activation = Activation::kQuickGelu);

// Writes a Hugging Face folder: config.json, model.safetensors with random float32 weights, and a
// byte-level vocabulary (vocab.json, merges.txt) of kRandomModelTokens. Gives the same weights.
reference::RandomClip write_random_model(const std::filesystem::path& folder,
                                         const ClipShape& shape, std::uint64_t seed = 1);

inline constexpr Index kRandomModelTokens = 520;  // 256 bytes, twice; 6 merges; start and end

}  // namespace qprompt::testing
