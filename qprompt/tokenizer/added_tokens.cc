#include "qprompt/tokenizer/added_tokens.h"

namespace qprompt {
namespace {

const AddedToken* longest_at(std::string_view text, const std::vector<AddedToken>& tokens) {
  const AddedToken* longest = nullptr;
  for (const AddedToken& token : tokens) {
    const bool longer = longest == nullptr || token.text.size() > longest->text.size();
    if (longer && text.starts_with(token.text)) longest = &token;
  }
  return longest;
}

}  // namespace

std::vector<TextPart> split_at(std::string_view text, const std::vector<AddedToken>& tokens) {
  std::vector<TextPart> parts;
  std::size_t begin = 0, at = 0;
  while (at < text.size()) {
    const AddedToken* token = longest_at(text.substr(at), tokens);
    if (token == nullptr) {
      ++at;
      continue;
    }
    if (at > begin) parts.push_back({text.substr(begin, at - begin)});
    parts.push_back({text.substr(at, token->text.size()), token->id});
    begin = at += token->text.size();
  }
  if (begin < text.size()) parts.push_back({text.substr(begin)});
  return parts;
}

}  // namespace qprompt
