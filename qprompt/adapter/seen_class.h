#pragma once

#include <string>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// A class that a learner on features remembers, and how many images it saw of it. Several may have
// one name: their order tells them apart.
struct SeenClass {
  std::string name;
  Index images = 0;

  bool operator==(const SeenClass&) const = default;
};
using SeenClasses = std::vector<SeenClass>;

}  // namespace qprompt
