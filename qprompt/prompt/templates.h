#pragma once

#include <string>
#include <vector>

namespace qprompt {

// Sentences with {} for a class's name. `given` is such a sentence; "imagenet-7" or "imagenet-80",
// the lists that CLIP's authors published for ImageNet; or a file with one template a line. Throws
// Error for anything else.
std::vector<std::string> templates_of(const std::string& given);
// Those of all of them together.
std::vector<std::string> templates_of(const std::vector<std::string>& given);

}  // namespace qprompt
