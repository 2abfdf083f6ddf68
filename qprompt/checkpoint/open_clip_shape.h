#pragma once

#include <filesystem>

#include "qprompt/checkpoint/checkpoint.h"

namespace qprompt {

// The sizes that an open_clip folder's open_clip_config.json states, with open_clip's defaults.
// Variants whose towers compute something else are refused.
ClipShape open_clip_shape(const std::filesystem::path& folder);

}  // namespace qprompt
