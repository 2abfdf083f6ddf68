#include "qprompt/core/unicode.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {
namespace {

using icu::UnicodeString;

std::string utf8(const UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

UnicodeString utf16(std::string_view text) {
  require(text.size() <= (1u << 28), "a text of ", text.size(), " bytes");
  return UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

const icu::Normalizer2& normalizer(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found = get(status);
  require(U_SUCCESS(status), "ICU has no normalizer: ", u_errorName(status));
  return *found;
}

UnicodeString normalized(const UnicodeString& text, const icu::Normalizer2& by) {
  UErrorCode status = U_ZERO_ERROR;
  UnicodeString result = by.normalize(text, status);
  require(U_SUCCESS(status), "ICU cannot normalize a text: ", u_errorName(status));
  return result;
}

struct Range {
  UChar32 first, last;
};

template <std::size_t n>
bool is_in(UChar32 c, const std::array<Range, n>& ranges) {
  return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

// Nobody means them; a byte order mark inside a text is one of them.
constexpr std::array<Range, 7> kControls{{{0x00, 0x08},
                                          {0x0b, 0x0b},
                                          {0x0e, 0x1f},
                                          {0x7f, 0x7f},
                                          {0x206a, 0x206f},
                                          {0xfeff, 0xfeff},
                                          {0xfff9, 0xfffc}}};
constexpr std::array<Range, 2> kSingleQuotes{{{0x02bc, 0x02bc}, {0x2018, 0x201b}}};
constexpr std::array<Range, 1> kDoubleQuotes{{{0x201c, 0x201f}}};
constexpr std::array<Range, 1> kLineEnds{{{0x2028, 0x2029}}};
constexpr std::array<Range, 1> kWindows{{{0x80, 0x9f}}};  // Windows-1252, never meant as controls
// Letters that are printed as one but are two, and full-width or half-width forms: what
// compatibility decomposition gives is what was meant.
constexpr std::array<Range, 5> kCompatible{
    {{0x0132, 0x0133}, {0x01c4, 0x01cc}, {0x01f1, 0x01f3}, {0xfb00, 0xfb06}, {0xff01, 0xffef}}};

UChar32 from_windows(UChar32 c) {
  const char byte = static_cast<char>(c);
  return UnicodeString(&byte, 1, "windows-1252").char32At(0);
}

UnicodeString repaired(UChar32 c, const icu::Normalizer2& compatible) {
  if (is_in(c, kWindows)) c = from_windows(c);
  if (is_in(c, kControls)) return {};
  if (is_in(c, kSingleQuotes)) return u"'";
  if (is_in(c, kDoubleQuotes)) return u"\"";
  if (is_in(c, kLineEnds)) return u"\n";
  if (c == 0x3000) return u" ";
  if (c == 0x0149) return u"'n";
  if (is_in(c, kCompatible)) return normalized(UnicodeString(c), compatible);
  return UnicodeString(c);
}

std::size_t line_of(std::string_view text, std::size_t position) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + position, '\n'));
}

// Where it stops being UTF-8; its size where it does not.
std::size_t utf8_length(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t position = 0;
  while (position < size) {
    const std::int32_t begin = position;
    UChar32 c = 0;
    U8_NEXT(bytes, position, size, c);
    if (c < 0) return static_cast<std::size_t>(begin);
  }
  return text.size();
}

std::string decoded_utf16(std::string_view bytes, bool big_endian,
                          const std::filesystem::path& origin) {
  require(bytes.size() % 2 == 0, origin.string(), ": UTF-16 of an odd number of bytes");
  UnicodeString text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto first = static_cast<std::uint8_t>(bytes[i]);
    const auto second = static_cast<std::uint8_t>(bytes[i + 1]);
    text.append(static_cast<char16_t>(big_endian ? first << 8 | second : second << 8 | first));
  }
  return utf8(text);
}

bool is_space(UChar32 c) { return u_isUWhiteSpace(c) != 0; }

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_utf8(std::string_view text) { return utf8_length(text) == text.size(); }

std::string decoded_text(std::string_view bytes, const std::filesystem::path& origin) {
  if (bytes.starts_with("\xFE\xFF")) return decoded_utf16(bytes.substr(2), true, origin);
  if (bytes.starts_with("\xFF\xFE")) return decoded_utf16(bytes.substr(2), false, origin);
  const std::string_view text = without_byte_order_mark(bytes);
  const std::size_t valid = utf8_length(text);
  require(valid == text.size(), origin.string(), ":", line_of(text, valid),
          ": not UTF-8, expected UTF-8 or UTF-16 with its byte order mark");
  return std::string(text);
}

std::string repaired_text(std::string_view text) {
  static const icu::Normalizer2& compatible = normalizer(icu::Normalizer2::getNFKCInstance);
  static const icu::Normalizer2& composed = normalizer(icu::Normalizer2::getNFCInstance);
  UnicodeString given = utf16(text);
  given.findAndReplace(u"\r\n", u"\n").findAndReplace(u"\r", u"\n");
  UnicodeString result;
  for (std::int32_t i = 0; i < given.length(); i = given.moveIndex32(i, 1)) {
    result.append(repaired(given.char32At(i), compatible));
  }
  return utf8(normalized(result, composed));
}

std::string name_text(std::string_view name) {
  std::string text = repaired_text(name);
  std::ranges::replace(text, '_', ' ');  // a full-width one too: what is written reads alike
  return trimmed_text(text);
}

std::string trimmed_text(std::string_view text) {
  const UnicodeString given = utf16(text);
  std::int32_t begin = 0, end = given.length();  // every kind of space is one UTF-16 unit
  while (begin < end && is_space(given[begin])) ++begin;
  while (end > begin && is_space(given[end - 1])) --end;
  return utf8(UnicodeString(given, begin, end - begin));
}

std::string folded_text(std::string_view text) {
  const UnicodeString given = utf16(text);
  UnicodeString result;
  for (std::int32_t i = 0; i < given.length(); ++i) {
    if (!is_space(given[i])) {
      result.append(given[i]);
    } else if (i == 0 || !is_space(given[i - 1])) {
      result.append(u' ');
    }
  }
  return utf8(result.toLower(icu::Locale::getRoot()));
}

}  // namespace qprompt
