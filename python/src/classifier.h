#pragma once

#include <string>
#include <variant>
#include <vector>

#include "python/src/model.h"
#include "python/src/prompt.h"
#include "qprompt/inference/adapted_model.h"

namespace qprompt::python {

using Templates = std::vector<std::string>;

// An adapted model, and what it is made from anew for other class names.
struct Classifier {
  LoadedModel model;
  std::variant<NamedPrompt, Templates> source;
  AdaptedModel adapted;

  // As the prompt says that pictures are to be read.
  Orientation orientation() const;
};

}  // namespace qprompt::python
