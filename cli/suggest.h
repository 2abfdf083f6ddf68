#pragma once

#include <string>
#include <vector>

namespace qprompt::cli {

// The candidate with the smallest edit distance to `word`, or "" where none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace qprompt::cli
