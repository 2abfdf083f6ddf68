#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"

namespace qprompt {

// The first `count` entries of the model's vocabulary that end a word and have three letters a..z
// at least, in the vocabulary's order, which is that of their frequency: common words, and some
// ends of words. Fewer of a small vocabulary.
std::vector<std::string> common_words(const Model& model, std::size_t count);

}  // namespace qprompt
