#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// CLIP averages unit rows over templates; PromptSRC averages features as the tower gives them.
enum class TemplateAverage { kUnitFeatures, kRawFeatures };

// Texts of zero-shot CLIP [n_cls, embed], unit rows: for every template ("a photo of a {}."),
// features of the filled sentences, averaged over the templates.
Matrix zero_shot_texts(const Model& model, const std::vector<std::string>& templates,
                       const std::vector<std::string>& class_names,
                       TemplateAverage average = TemplateAverage::kUnitFeatures);

}  // namespace qprompt
