#pragma once

#include <string>
#include <vector>

#include "qprompt/clip/text_tower.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// The class matrix [n_cls, embed], unit rows: features of the learner's texts. For learners whose
// text does not depend on the image.
Matrix class_features(const Model& model, const PromptLearner& learner, const ParameterMap& values,
                      const std::vector<std::string>& class_names);

// CLIP averages unit rows over templates; PromptSRC averages features as the tower gives them.
enum class TemplateAverage { kUnitFeatures, kRawFeatures };

// Zero-shot CLIP: for every template ("a photo of a {}."), features of the filled sentences,
// averaged over the templates and made unit rows.
Matrix zero_shot_features(const Model& model, const std::vector<std::string>& templates,
                          const std::vector<std::string>& class_names,
                          TemplateAverage average = TemplateAverage::kUnitFeatures);

}  // namespace qprompt
