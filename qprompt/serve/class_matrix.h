#pragma once

#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/matrix.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// Throws Error with both fingerprints for a prompt learned on another backbone.
void require_same_backbone(const PromptFile& prompt, const Model& model);

// Throws Error for a prompt of another backbone, or bound to another class list.
void require_servable(const Model& model, const PromptFile& prompt, const PromptLearner& learner,
                      const std::vector<std::string>& class_names);

// The class matrix [n_cls, embed], unit rows, of a prompt for any class list. Throws Error for a
// prompt learned on another backbone (with both fingerprints) and for another class list than a
// class-bound prompt's own.
Matrix class_matrix(const Model& model, const PromptFile& prompt,
                    const std::vector<std::string>& class_names);

// The same, kept in a file of `folder` that later calls read. A folder that cannot be written is as
// if there were none.
Matrix cached_class_matrix(const Model& model, const PromptFile& prompt,
                           const std::vector<std::string>& class_names,
                           const std::filesystem::path& folder);

}  // namespace qprompt
