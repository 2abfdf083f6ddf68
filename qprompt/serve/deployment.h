#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/prompt/class_head.h"

namespace qprompt {

// A prompt at work on its backbone, for one class list: tokens that enter the image tower (none for
// most methods), and what scores the features of images among the classes.
struct Deployment {
  ClassHead head;
  VisionPrompts vision;
};

// Errors as those of class_matrix(). A class matrix is looked up and kept in `cache` where that is
// given and the prompt has one (it has none where texts depend on the image).
Deployment deploy(const Model& model, const PromptFile& prompt,
                  const std::vector<std::string>& class_names,
                  const std::optional<std::filesystem::path>& cache = std::nullopt);

// Zero-shot CLIP: the average of templates.
Deployment deploy_templates(const Model& model, const std::vector<std::string>& templates,
                            const std::vector<std::string>& class_names);

}  // namespace qprompt
