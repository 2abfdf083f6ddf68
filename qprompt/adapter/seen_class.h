#pragma once

#include <string>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// A class that a learner on features remembers, and how many images it saw of it.
struct SeenClass {
  std::string name;
  Index images = 0;

  bool operator==(const SeenClass&) const = default;
};
using SeenClasses = std::vector<SeenClass>;

}  // namespace qprompt
