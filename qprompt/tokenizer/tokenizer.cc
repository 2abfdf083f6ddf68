#include "qprompt/tokenizer/tokenizer.h"

#include <unicode/locid.h>
#include <unicode/regex.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "qprompt/core/error.h"
#include "qprompt/tokenizer/added_tokens.h"
#include "qprompt/tokenizer/html.h"
#include "qprompt/tokenizer/vocabulary.h"

namespace qprompt {
namespace {

// Specials, English contractions, letters, one number, anything else that is visible.
constexpr const char* kSplitPattern =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|)"
    R"(\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+)";

std::unique_ptr<const icu::RegexPattern> compile_split_pattern() {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<const icu::RegexPattern> pattern(
      icu::RegexPattern::compile(kSplitPattern, UREGEX_CASE_INSENSITIVE, status));
  require(U_SUCCESS(status), "tokenizer: ICU cannot compile the pattern: ", u_errorName(status));
  return pattern;
}

// Python's str.isspace, which knows four separators more than the White_Space property.
bool is_python_space(UChar32 c) { return u_isUWhiteSpace(c) || (c >= 0x1c && c <= 0x1f); }

icu::UnicodeString strip(const icu::UnicodeString& text) {
  int begin = 0, end = text.length();  // every kind of space is one UTF-16 unit
  while (begin < end && is_python_space(text[begin])) ++begin;
  while (end > begin && is_python_space(text[end - 1])) --end;
  return icu::UnicodeString(text, begin, end - begin);
}

icu::UnicodeString collapse_spaces(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  bool after_space = false;
  for (int i = 0; i < text.length(); ++i) {
    const bool space = u_isUWhiteSpace(text[i]);
    if (!space) result.append(text[i]);
    if (space && !after_space) result.append(u' ');
    after_space = space;
  }
  return result;
}

icu::UnicodeString clean(std::string_view text) {
  require(text.size() <= (1u << 28), "tokenizer: a text of ", text.size(), " bytes");
  const std::string unescaped = unescape_html(unescape_html(text));
  icu::UnicodeString result =
      strip(collapse_spaces(strip(icu::UnicodeString::fromUTF8(unescaped))));
  return result.toLower(icu::Locale::getRoot());
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string bytes;
  return text.toUTF8String(bytes);
}

std::uint64_t pair_key(int first, int second) {
  return static_cast<std::uint64_t>(first) << 32 | static_cast<std::uint32_t>(second);
}

struct Merge {
  int rank = std::numeric_limits<int>::max();
  int id = -1;
};

}  // namespace

struct Tokenizer::Tables {
  explicit Tables(const Vocabulary& vocabulary);

  int id_of(const std::string& token, const Vocabulary& vocabulary) const;
  Merge merge_of(int first, int second) const;
  void append_word(std::string_view bytes, std::vector<int>& ids) const;
  std::string bytes_of(int id) const;

  std::vector<std::string> tokens;  // by id, in byte symbols
  std::array<int, 256> byte_ids, last_byte_ids;
  std::unordered_map<std::uint64_t, Merge> merges;
  std::unordered_map<UChar32, char> byte_of_symbol;
  std::unique_ptr<const icu::RegexPattern> split_pattern = compile_split_pattern();
  std::vector<AddedToken> raw_tokens, cleaned_tokens;  // by where they are looked for
  int start = 0, end = 0;
};

Tokenizer::Tables::Tables(const Vocabulary& vocabulary) {
  for (const auto& [token, id] : vocabulary.ids) {
    if (static_cast<std::size_t>(id) >= tokens.size()) tokens.resize(id + 1);
    tokens[id] = token;
  }
  const auto symbols = byte_symbols();
  for (int byte = 0; byte < 256; ++byte) {
    byte_ids[byte] = id_of(symbols[byte], vocabulary);
    last_byte_ids[byte] = id_of(symbols[byte] + kEndOfWord, vocabulary);
    byte_of_symbol[icu::UnicodeString::fromUTF8(symbols[byte])[0]] = static_cast<char>(byte);
  }
  merges.reserve(vocabulary.merges.size());
  int rank = 0;
  for (const auto& [first, second] : vocabulary.merges) {
    merges[pair_key(id_of(first, vocabulary), id_of(second, vocabulary))] = {
        rank++, id_of(first + second, vocabulary)};
  }
  start = id_of(kStartOfText, vocabulary);
  end = id_of(kEndOfText, vocabulary);
  for (const AddedToken& token : vocabulary.added) {
    const AddedToken cleaned{to_utf8(clean(token.text)), token.id, true};
    require(!cleaned.text.empty(), vocabulary.origin.string(), ": added token ", token.id,
            " is white space alone");
    token.normalized ? cleaned_tokens.push_back(cleaned) : raw_tokens.push_back(token);
  }
}

int Tokenizer::Tables::id_of(const std::string& token, const Vocabulary& vocabulary) const {
  const auto found = vocabulary.ids.find(token);
  require(found != vocabulary.ids.end(), vocabulary.origin.string(), ": no token '", token,
          "' in the vocabulary");
  return found->second;
}

Merge Tokenizer::Tables::merge_of(int first, int second) const {
  const auto found = merges.find(pair_key(first, second));
  return found == merges.end() ? Merge{} : found->second;
}

// Byte-pair encoding: the pair that was merged first in training is merged first, everywhere in the
// word, until no pair is known.
void Tokenizer::Tables::append_word(std::string_view bytes, std::vector<int>& ids) const {
  std::vector<int> word;
  for (const char byte : bytes) word.push_back(byte_ids[static_cast<unsigned char>(byte)]);
  word.back() = last_byte_ids[static_cast<unsigned char>(bytes.back())];
  while (true) {
    Merge best;
    int first = 0, second = 0;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const Merge merge = merge_of(word[i], word[i + 1]);
      if (merge.rank < best.rank) best = merge, first = word[i], second = word[i + 1];
    }
    if (best.id < 0) break;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool merged = word[i] == first && i + 1 < word.size() && word[i + 1] == second;
      word[kept++] = merged ? best.id : word[i];
      i += merged;
    }
    word.resize(kept);
  }
  ids.insert(ids.end(), word.begin(), word.end());
}

std::string Tokenizer::Tables::bytes_of(int id) const {
  const icu::UnicodeString token = icu::UnicodeString::fromUTF8(tokens[id]);
  std::string bytes;
  for (int i = 0; i < token.length(); i = token.moveIndex32(i, 1)) {
    const UChar32 symbol = token.char32At(i);
    const auto found = byte_of_symbol.find(symbol);
    if (found != byte_of_symbol.end()) {
      bytes += found->second;
    } else {
      icu::UnicodeString(symbol).toUTF8String(bytes);
    }
  }
  return bytes;
}

Tokenizer::Tokenizer(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  return Tokenizer(std::make_shared<const Tables>(load_vocabulary(path)));
}

std::vector<int> Tokenizer::encode(std::string_view text) const {
  std::vector<int> ids;
  for (const TextPart& part : split_at(text, tables_->raw_tokens)) {
    if (part.id >= 0) {
      ids.push_back(part.id);
      continue;
    }
    const std::string cleaned = to_utf8(clean(part.text));
    for (const TextPart& piece : split_at(cleaned, tables_->cleaned_tokens)) {
      piece.id >= 0 ? ids.push_back(piece.id) : append_text(piece.text, ids);
    }
  }
  return ids;
}

void Tokenizer::append_text(std::string_view text, std::vector<int>& ids) const {
  const icu::UnicodeString cleaned = icu::UnicodeString::fromUTF8(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(
      tables_->split_pattern->matcher(cleaned, status));
  while (U_SUCCESS(status) && matcher->find(status)) {
    const std::string piece =
        to_utf8(cleaned.tempSubStringBetween(matcher->start(status), matcher->end(status)));
    if (piece == kStartOfText) {
      ids.push_back(tables_->start);
    } else if (piece == kEndOfText) {
      ids.push_back(tables_->end);
    } else {
      tables_->append_word(piece, ids);
    }
  }
  require(U_SUCCESS(status), "tokenizer: ICU cannot split the text: ", u_errorName(status));
}

std::string Tokenizer::decode(std::span<const int> ids) const {
  std::string bytes;
  for (const int id : ids) {
    require(id >= 0 && id < vocabulary_size(), "decode: token ", id, " of a vocabulary of ",
            vocabulary_size());
    bytes += tables_->bytes_of(id);
  }
  std::string text;
  icu::UnicodeString::fromUTF8(bytes)
      .findAndReplace(icu::UnicodeString(kEndOfWord), icu::UnicodeString(u' '))
      .toUTF8String(text);
  return text;
}

int Tokenizer::start_token() const { return tables_->start; }
int Tokenizer::end_token() const { return tables_->end; }
int Tokenizer::vocabulary_size() const { return static_cast<int>(tables_->tokens.size()); }

}  // namespace qprompt
