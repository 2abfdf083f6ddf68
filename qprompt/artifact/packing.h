#pragma once

#include <map>
#include <string>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// The prompt file of a method's learned values: the encoded matrix where there is one, else the
// values as fp16. `seen`: the classes that a learner on features remembers. Throws Error for values
// that are not the method's.
PromptFile packed(const Model& model, const MethodConfig& method, const ClassTokens& classes,
                  const ParameterMap& values, const std::map<std::string, EncodedMatrix>& encoded,
                  const SeenClasses& seen = {});

}  // namespace qprompt
