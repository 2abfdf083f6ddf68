#pragma once

#include <filesystem>

#include "qprompt/core/matrix.h"
#include "qprompt/data/preprocessing.h"

namespace qprompt {

// What a Hugging Face folder's image processor does: the "image_processor" of
// processor_config.json (transformers 5), else preprocessor_config.json, with CLIP's defaults for
// what they leave out. Every key is used, harmless, or an Error naming it.
Preprocessing hugging_face_preprocessing(const std::filesystem::path& folder, Index image_size);

// Whether the folder says anything of it.
bool has_preprocessing(const std::filesystem::path& folder);

}  // namespace qprompt
