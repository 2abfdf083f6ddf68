#pragma once

#include <filesystem>

#include "qprompt/checkpoint/checkpoint.h"

namespace qprompt {

// The sizes that a Hugging Face folder's config.json and preprocessor_config.json state, with the
// defaults of the transformers library for what they leave out.
ClipShape hugging_face_shape(const std::filesystem::path& folder);

}  // namespace qprompt
