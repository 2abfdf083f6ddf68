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

// The same; "dataset" is the sentence that CoOp's authors wrote for a data set of this name
// ("EuroSAT", "OxfordPets"). Throws Error for a name they have none for.
std::vector<std::string> templates_for(const std::vector<std::string>& given,
                                       const std::string& dataset);

}  // namespace qprompt
