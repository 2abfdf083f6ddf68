#include "cli/html.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt::cli {
namespace {

constexpr std::string_view kSpecial = "&<>\"'";
constexpr const char* kReferences[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
constexpr std::string_view kOpen = "{{", kClose = "}}";

std::string media_type(const std::filesystem::path& picture) {
  std::string extension = picture.extension().string();
  require(!extension.empty(), picture.string(), ": no extension, expected that of a picture");
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return "image/" + (extension == ".jpg" ? "jpeg" : extension.substr(1));
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const std::size_t special = kSpecial.find(c);
    if (special == std::string_view::npos) {
      escaped += c;
    } else {
      escaped += kReferences[special];
    }
  }
  return escaped;
}

std::string in_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t first = 0; first < bytes.size(); first += 3) {
    const std::string_view group = bytes.substr(first, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit <= group.size() ? kDigits[bits >> (18 - 6 * digit) & 63] : '=';
    }
  }
  return text;
}

std::string data_uri(const std::filesystem::path& picture) {
  return "data:" + media_type(picture) + ";base64," + base64(read_text(picture));
}

std::string fill(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string filled;
  for (std::size_t open; (open = page.find(kOpen)) != std::string_view::npos;) {
    const std::size_t close = page.find(kClose, open);
    require(close != std::string_view::npos, "page: '{{' without '}}'");
    const std::string name(page.substr(open + kOpen.size(), close - open - kOpen.size()));
    const auto value = values.find(name);
    require(value != values.end(), "page: no value for {{", name, "}}");
    filled.append(page.substr(0, open)).append(value->second);
    page.remove_prefix(close + kClose.size());
  }
  return filled.append(page);
}

}  // namespace qprompt::cli
