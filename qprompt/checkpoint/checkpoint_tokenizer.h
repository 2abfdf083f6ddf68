#pragma once

#include <filesystem>
#include <optional>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {

// The checkpoint's tokenizer: `chosen` (from --tokenizer), else what lies in the checkpoint's
// folder. Throws Error naming what was looked for, and both sizes when the vocabulary is not the
// checkpoint's.
Tokenizer load_tokenizer_for(const Checkpoint& checkpoint,
                             const std::optional<std::filesystem::path>& chosen = std::nullopt);

}  // namespace qprompt
