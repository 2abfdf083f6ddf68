#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"

namespace qprompt::python {

// A prompt, and the class names that lie beside its file.
struct NamedPrompt {
  PromptFile file;
  std::optional<std::vector<std::string>> class_names;
};

}  // namespace qprompt::python
