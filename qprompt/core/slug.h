#pragma once

#include <string>
#include <string_view>

namespace qprompt {

// `text` as a part of file names and links: ASCII letters, made small, digits and the characters of
// `kept`; whatever stands between them is one dash, and nothing at either end. Empty where nothing
// is left.
std::string slug(std::string_view text, std::string_view kept = "");

}  // namespace qprompt
