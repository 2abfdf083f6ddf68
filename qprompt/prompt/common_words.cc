#include "qprompt/prompt/common_words.h"

#include <algorithm>

#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {
namespace {

constexpr std::size_t kShortest = 3;

// Entries that end a word are decoded with a space behind them.
bool ends_a_word(const std::string& text) {
  return text.size() > kShortest && text.back() == ' ' &&
         std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::vector<std::string> common_words(const Model& model, std::size_t count) {
  const Tokenizer& tokenizer = model.tokenizer();
  std::vector<std::string> words;
  for (int id = 0; id < tokenizer.vocabulary_size() && words.size() < count; ++id) {
    if (id == tokenizer.start_token() || id == tokenizer.end_token()) continue;
    const std::string text = tokenizer.decode({&id, 1});
    if (ends_a_word(text)) words.push_back(text.substr(0, text.size() - 1));
  }
  return words;
}

}  // namespace qprompt
