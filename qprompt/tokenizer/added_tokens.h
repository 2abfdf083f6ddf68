#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "qprompt/tokenizer/vocabulary.h"

namespace qprompt {

// A part of a text: a token, or (id -1) text between tokens.
struct TextPart {
  std::string_view text;
  int id = -1;
};

// Splits `text` at `tokens`: the leftmost first, the longest of those that begin there.
std::vector<TextPart> split_at(std::string_view text, const std::vector<AddedToken>& tokens);

}  // namespace qprompt
