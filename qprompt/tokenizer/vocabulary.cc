#include "qprompt/tokenizer/vocabulary.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kMaxId = 1 << 20;
constexpr std::size_t kMaxTextBytes = 64 << 20;  // the gzipped file unpacks to 3 MB
// CLIP takes 49,152 - 256 - 2 merges of a list that is longer.
constexpr std::size_t kMaxMerges = 48894;

std::string unpack_gzip(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  require(file != nullptr, path.string(), ": cannot open");
  std::string text;
  std::array<char, 1 << 16> block;
  int count = 0;
  while ((count = gzread(file.get(), block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(count));
    require(text.size() <= kMaxTextBytes, path.string(), ": unpacks to more than ", kMaxTextBytes,
            " bytes, expected a list of merges");
  }
  int status = Z_OK;
  gzerror(file.get(), &status);
  require(count == 0 && status == Z_OK, path.string(), ": damaged or truncated gzip file");
  return text;
}

std::vector<std::pair<std::string, std::string>> parse_merges(std::string_view text,
                                                              const fs::path& origin) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::size_t number = 1; !text.empty() && merges.size() < kMaxMerges; ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.find("#version") != line.npos)) continue;
    const std::size_t space = line.find(' ');
    require(space != line.npos && space > 0 && space + 1 < line.size() &&
                line.find(' ', space + 1) == line.npos,
            origin.string(), ": line ", number, " is '", line.substr(0, 40),
            "', expected two symbols");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

int parse_id(const Json& value, const std::string& token, const fs::path& origin) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() < kMaxId, origin.string(),
          ": id of token '", token, "' is ", value.dump(), ", expected a number below ", kMaxId);
  return value.get<int>();
}

std::unordered_map<std::string, int> parse_ids(const Json& json, const fs::path& origin) {
  require(json.is_object(), origin.string(), ": the vocabulary is not a JSON object");
  std::unordered_map<std::string, int> ids;
  for (const auto& [token, id] : json.items()) ids[token] = parse_id(id, token, origin);
  return ids;
}

// Reads a flat object of ids, as nearly every vocab.json is, three times as fast as by way of a
// document; stops at whatever else there is.
class FlatIds {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  bool start_object(std::size_t) { return !std::exchange(is_open_, true); }
  bool key(std::string& token) {
    token_ = std::move(token);
    return true;
  }
  bool number_unsigned(std::uint64_t id) {
    if (!is_open_ || id >= kMaxId) return false;
    ids.insert_or_assign(std::move(token_), static_cast<int>(id));
    return true;
  }
  bool end_object() { return true; }

  bool null() { return false; }
  bool boolean(bool) { return false; }
  bool number_integer(std::int64_t) { return false; }
  bool number_float(double, const std::string&) { return false; }
  bool string(std::string&) { return false; }
  bool binary(binary_t&) { return false; }
  bool start_array(std::size_t) { return false; }
  bool end_array() { return false; }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

  std::unordered_map<std::string, int> ids;

 private:
  std::string token_;
  bool is_open_ = false;
};

// Nothing where the text is anything else, or wrong.
std::optional<std::unordered_map<std::string, int>> flat_ids(const std::string& text) {
  FlatIds reader;
  reader.ids.reserve(text.size() / 16);  // about what an entry takes
  if (!Json::sax_parse(text, &reader)) return std::nullopt;
  return std::move(reader.ids);
}

std::pair<std::string, std::string> parse_merge(const Json& merge, const fs::path& origin) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0], merge[1]};
  }
  require(merge.is_string(), origin.string(), ": merge ", merge.dump(), ", expected two symbols");
  const auto merges = parse_merges(merge.get_ref<const std::string&>(), origin);
  require(merges.size() == 1, origin.string(), ": merge ", merge.dump(), ", expected two symbols");
  return merges.front();
}

void add_token(const AddedToken& token, Vocabulary& vocabulary) {
  const bool mark = token.text == kStartOfText || token.text == kEndOfText;
  const auto [known, is_new] = vocabulary.ids.emplace(token.text, token.id);
  require(known->second == token.id, vocabulary.origin.string(), ": added token '", token.text,
          "' is ", token.id, ", in the vocabulary ", known->second);
  require(!token.text.empty(), vocabulary.origin.string(), ": an added token without text");
  if (!mark) vocabulary.added.push_back(token);
}

// tokenizer.json's list.
void add_listed_tokens(const Json& tokenizer, Vocabulary& vocabulary) {
  if (!tokenizer.contains("added_tokens")) return;
  for (const Json& token : tokenizer["added_tokens"]) {
    require(token.is_object() && token.contains("id") && token.contains("content") &&
                token["content"].is_string(),
            vocabulary.origin.string(), ": added_tokens lack 'id' or 'content'");
    const std::string& content = token["content"].get_ref<const std::string&>();
    require(token.value("single_word", Json(false)) != true, vocabulary.origin.string(),
            ": added token '", content, "' has single_word, which is not supported");
    const bool normalized = token.value("normalized", Json(true)) != false;
    add_token({content, parse_id(token["id"], content, vocabulary.origin), normalized}, vocabulary);
  }
}

// added_tokens.json beside vocab.json: {"<token>": id}.
void add_tokens_beside(Vocabulary& vocabulary) {
  const fs::path path = vocabulary.origin.parent_path() / "added_tokens.json";
  if (!fs::exists(path)) return;
  for (const auto& [token, id] : parse_ids(read_json(path), path)) {
    add_token({token, id, true}, vocabulary);
  }
}

// Hugging Face's tokenizer.json.
Vocabulary parse_tokenizer(const Json& tokenizer, const fs::path& origin) {
  const Json& model = tokenizer["model"];
  require(model.is_object() && model.value("type", Json()) == "BPE" &&
              model.value("end_of_word_suffix", Json()) == kEndOfWord,
          origin.string(),
          ": not CLIP's kind of tokenizer, expected a BPE with end_of_word_suffix ", kEndOfWord);
  require(model.contains("vocab") && model.contains("merges") && model["merges"].is_array(),
          origin.string(), ": lacks model.vocab or model.merges");
  Vocabulary vocabulary{.origin = origin, .ids = parse_ids(model["vocab"], origin), .merges = {}};
  for (const Json& merge : model["merges"]) vocabulary.merges.push_back(parse_merge(merge, origin));
  add_listed_tokens(tokenizer, vocabulary);
  return vocabulary;
}

bool is_printable(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// The printable bytes first, then the rest in order.
std::vector<int> byte_order() {
  std::vector<int> order(256);
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(), is_printable);
  return order;
}

// CLIP's order: byte symbols, byte symbols that end a word, merges, start, end.
Vocabulary vocabulary_of_merges(std::string_view text, const fs::path& origin) {
  Vocabulary vocabulary{.origin = origin, .ids = {}, .merges = parse_merges(text, origin)};
  int id = 0;
  const auto symbols = byte_symbols();
  for (const char* suffix : {"", kEndOfWord}) {
    for (const int byte : byte_order()) vocabulary.ids[symbols[byte] + suffix] = id++;
  }
  for (const auto& [first, second] : vocabulary.merges) vocabulary.ids[first + second] = id++;
  vocabulary.ids[kStartOfText] = id++;
  vocabulary.ids[kEndOfText] = id++;
  return vocabulary;
}

Vocabulary with_merges_beside(std::unordered_map<std::string, int> ids,
                              const fs::path& vocab_path) {
  const fs::path merges_path = vocab_path.parent_path() / "merges.txt";
  require(fs::exists(merges_path), vocab_path.string(), ": there is no merges.txt beside it");
  Vocabulary vocabulary{.origin = vocab_path,
                        .ids = std::move(ids),
                        .merges = parse_merges(read_text(merges_path), merges_path)};
  add_tokens_beside(vocabulary);
  return vocabulary;
}

Vocabulary of_json(const std::string& text, const fs::path& path) {
  if (auto ids = flat_ids(text)) return with_merges_beside(std::move(*ids), path);
  const Json json = parse_json(text, path);
  return json.contains("model") && json["model"].is_object()
             ? parse_tokenizer(json, path)
             : with_merges_beside(parse_ids(json, path), path);
}

Vocabulary load_file(const fs::path& path) {
  const std::string text = read_text(path);
  if (text.starts_with("\x1f\x8b")) return vocabulary_of_merges(unpack_gzip(path), path);
  if (const auto first = text.find_first_not_of(" \t\r\n");
      first != text.npos && text[first] == '{') {
    return of_json(text, path);
  }
  require(text.substr(0, text.find('\n')).find("#version") != text.npos, path.string(),
          ": not a tokenizer, expected ", kVocabularyFiles);
  const fs::path vocab_path = path.parent_path() / "vocab.json";
  if (fs::exists(vocab_path)) return of_json(read_text(vocab_path), vocab_path);
  return vocabulary_of_merges(text, path);
}

}  // namespace

std::array<std::string, 256> byte_symbols() {
  std::array<std::string, 256> symbols;
  int next = 256;
  for (const int byte : byte_order()) {
    const int code = is_printable(byte) ? byte : next++;
    symbols[byte] = code < 0x80 ? std::string(1, static_cast<char>(code))
                                : std::string{static_cast<char>(0xc0 | code >> 6),
                                              static_cast<char>(0x80 | (code & 0x3f))};
  }
  return symbols;
}

fs::path find_vocabulary(const fs::path& folder) {
  if (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")) {
    return folder / "vocab.json";
  }
  for (const char* name : {"tokenizer.json", "bpe_simple_vocab_16e6.txt.gz"}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  return {};
}

Vocabulary load_vocabulary(const fs::path& path) {
  if (!fs::is_directory(path)) return load_file(path);
  const fs::path found = find_vocabulary(path);
  require(!found.empty(), path.string(), ": no tokenizer in this folder, expected ",
          kVocabularyFiles);
  return load_file(found);
}

}  // namespace qprompt
