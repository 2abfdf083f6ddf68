#include "qprompt/tokenizer/html.h"

#include <gumbo.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

namespace qprompt {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

template <typename Predicate>
std::size_t span_of(std::string_view text, Predicate predicate) {
  return std::find_if_not(text.begin(), text.end(), predicate) - text.begin();
}

std::string utf8(UChar32 code_point) {
  std::string text;
  icu::UnicodeString(code_point).toUTF8String(text);
  return text;
}

bool is_control(UChar32 code) {
  return (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') ||
         (code >= 0x7f && code <= 0x9f);
}

// Numbers 128 to 159 mean Windows-1252; other control characters and non-characters vanish.
std::string numbered_character(UChar32 code) {
  if (code == 0 || code > 0x10ffff || U_IS_SURROGATE(code)) return utf8(0xfffd);
  if (code >= 0x80 && code <= 0x9f) {
    const char byte = static_cast<char>(code);
    std::string text;
    icu::UnicodeString(&byte, 1, "windows-1252").toUTF8String(text);
    return text;
  }
  return is_control(code) || U_IS_UNICODE_NONCHAR(code) ? "" : utf8(code);
}

UChar32 parse_number(std::string_view digits, int base) {
  UChar32 value = 0;
  for (const char c : digits) {
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = std::min(value * base + digit, 0x110000);  // everything above is as wrong as this
  }
  return value;
}

struct Reference {
  std::size_t length = 0;  // bytes after '&'; 0: not a reference
  std::string character;
};

Reference numbered_reference(std::string_view text) {  // after "&#"
  const bool hexadecimal = text.starts_with('x') || text.starts_with('X');
  const std::size_t prefix = hexadecimal ? 1 : 0;
  const std::string_view rest = text.substr(prefix);
  const std::size_t digits = hexadecimal ? span_of(rest, is_hex_digit) : span_of(rest, is_digit);
  if (digits == 0) return {};
  const bool semicolon = rest.substr(digits).starts_with(';');
  return {1 + prefix + digits + semicolon,
          numbered_character(parse_number(rest.substr(0, digits), hexadecimal ? 16 : 10))};
}

// The text that an HTML5 parser makes of "&name": it knows all 2,231 names and which of them stand
// without a semicolon. A letter before it keeps white space from being dropped.
std::string parsed(std::string_view name) {
  const std::string document = "<body>x&" + std::string(name);
  const auto destroy = [](GumboOutput* output) {
    gumbo_destroy_output(&kGumboDefaultOptions, output);
  };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&kGumboDefaultOptions, document.data(), document.size()), destroy);
  const GumboVector& children = output->root->v.element.children;
  const auto* body = static_cast<const GumboNode*>(children.data[children.length - 1]);
  const auto* text = static_cast<const GumboNode*>(body->v.element.children.data[0]);
  return text->v.text.text + 1;
}

Reference named_reference(std::string_view text) {
  constexpr std::size_t kLongestName = 32;
  const std::string_view head = text.substr(0, kLongestName);
  const std::size_t letters = span_of(head, [](char c) { return is_letter(c) || is_digit(c); });
  if (letters == 0) return {};
  const std::size_t length = letters + text.substr(letters).starts_with(';');
  return {length, parsed(text.substr(0, length))};
}

}  // namespace

std::string unescape_html(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t ampersand = text.find('&');
    result += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return result;
    text.remove_prefix(ampersand + 1);
    const Reference reference =
        text.starts_with('#') ? numbered_reference(text.substr(1)) : named_reference(text);
    result += reference.length == 0 ? "&" : reference.character;
    text.remove_prefix(reference.length);
  }
}

}  // namespace qprompt
