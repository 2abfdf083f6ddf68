#pragma once

#include <string>
#include <string_view>

namespace qprompt {

// Replaces HTML character references ("&amp;", "&eacute", "&#233;") as Python's html.unescape does,
// once, in UTF-8 text. Unknown ones stay as they are.
std::string unescape_html(std::string_view text);

}  // namespace qprompt
