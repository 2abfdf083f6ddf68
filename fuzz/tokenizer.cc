#include "qprompt/tokenizer/tokenizer.h"

#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "qprompt/tokenizer/vocabulary.h"

namespace qprompt::fuzz {
namespace {

using Json = nlohmann::json;

// Every byte's two symbols, some merges and added tokens, as a tokenizer.json.
std::string vocabulary() {
  Json ids, merges = {"c a", "ca t</w>", "a a", "aa a</w>"};
  const auto add = [&](const std::string& token) { ids[token] = ids.size(); };
  for (const std::string& symbol : byte_symbols()) {
    add(symbol);
    add(symbol + kEndOfWord);
  }
  for (const char* token : {"ca", "cat</w>", "aa", "aaa</w>", kStartOfText, kEndOfText}) add(token);
  const Json added = {{{"id", 600}, {"content", "<x>"}},
                      {{"id", 601}, {"content", "<X> y"}, {"normalized", false}}};
  const Json model = {
      {"type", "BPE"}, {"end_of_word_suffix", kEndOfWord}, {"vocab", ids}, {"merges", merges}};
  return Json{{"model", model}, {"added_tokens", added}}.dump();
}

void encode(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<int> ids = tokenizer.encode(text);
  for (const int id : ids) expect(id >= 0 && id < tokenizer.vocabulary_size());
  tokenizer.decode(ids);
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt::fuzz;
  static const MemoryFile file(vocabulary());
  static const auto tokenizer = qprompt::Tokenizer::load(file.path());
  return answered([&] { encode(tokenizer, text_of(data, size)); });
}
