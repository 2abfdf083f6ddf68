#include "qprompt/core/slug.h"

#include "qprompt/core/unicode.h"

namespace qprompt {

std::string slug(std::string_view text, std::string_view kept) {
  std::string name;
  for (const char c : lower_ascii(text)) {
    const bool stays =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kept.find(c) != std::string_view::npos;
    if (stays) {
      name += c;
    } else if (!name.empty() && !name.ends_with('-')) {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

}  // namespace qprompt
