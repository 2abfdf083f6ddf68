#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// The learned values as safetensors under the reference's names and in its shapes, so that its
// load_state_dict takes them: those of CoOp and CoCoOp as their `prompt_learner` names them, of
// other methods as the whole model does. `classes`: of a class-specific `ctx`, which the reference
// holds as [n_cls, n_ctx, width]; else 0. Throws Error for a matrix that the reference does not
// have.
void export_learned_values(const ParameterMap& values, Index classes,
                           const std::filesystem::path& path);

// The class matrix [n_cls, embed] as float32, as the path's extension says: .safetensors (tensor
// "class_matrix", the names as a JSON list in the metadata "classnames") or .npy (no names).
void export_class_matrix(const Matrix& class_matrix, const std::vector<std::string>& class_names,
                         const std::filesystem::path& path);

}  // namespace qprompt
