#pragma once

#include <string>
#include <vector>

namespace qprompt {

// The candidate with the smallest edit distance to `word`, or "" where none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

// For the message about an unknown word: "'caltec' (did you mean caltech?), expected one of
// caltech, dtd".
std::string none_of(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace qprompt
