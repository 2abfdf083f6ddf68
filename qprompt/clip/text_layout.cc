#include "qprompt/clip/text_layout.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"

namespace qprompt {
namespace {

using Rows = std::vector<TextRow>;

Index token_id(const TextRow& row) {
  return row.source == TextRow::Source::kToken ? row.index : Index{-1};
}

std::size_t common_prefix(const std::vector<Rows>& sentences) {
  std::size_t length = sentences.front().size();
  for (const Rows& sentence : sentences) {
    const auto end = sentence.begin() + std::min(length, sentence.size());
    const auto differs = std::mismatch(sentence.begin(), end, sentences.front().begin()).first;
    length = static_cast<std::size_t>(differs - sentence.begin());
    // The EOT row is always the sentence's own.
    length = std::min(length, sentence.size() - 1);
  }
  return length;
}

std::string fill_template(const std::string& prompt_template, const std::string& name) {
  const auto braces = prompt_template.find("{}");
  require(braces != std::string::npos, "template '", prompt_template,
          "' has no {} for the class name");
  std::string sentence = prompt_template;
  return sentence.replace(braces, 2, name);
}

}  // namespace

void end_sentence(std::vector<TextRow>& rows, int end_token) {
  rows.push_back(TextRow::token(end_token));
  const auto end =
      std::ranges::find_if(rows, [&](const TextRow& row) { return token_id(row) == end_token; });
  rows.erase(end + 1, rows.end());
}

std::string spoken_name(const std::string& class_name) {
  constexpr std::size_t kLongestName = 1000;
  require(class_name.size() <= kLongestName, "class name '", class_name, "' of ", class_name.size(),
          " bytes, expected at most ", kLongestName);
  return name_text(class_name);
}

ClassTokens tokenize_classes(const Tokenizer& tokenizer,
                             const std::vector<std::string>& class_names, Index context_length) {
  require(!class_names.empty(), "tokenize_classes: no class names");
  ClassTokens tokens{
      class_names, {}, tokenizer.start_token(), tokenizer.end_token(), context_length};
  for (const std::string& class_name : class_names) {
    const std::string name = spoken_name(class_name);
    tokens.classes.push_back({tokenizer.encode(name), tokenizer.encode(name + ".")});
  }
  return tokens;
}

TextLayout template_layout(const Tokenizer& tokenizer, const std::string& prompt_template,
                           const std::vector<std::string>& class_names, Index context_length) {
  require(!class_names.empty(), "template_layout: no class names");
  std::vector<Rows> sentences;
  for (const std::string& name : class_names) {
    Rows rows{TextRow::token(tokenizer.start_token())};
    for (int id :
         tokenizer.encode(fill_template(repaired_text(prompt_template), spoken_name(name)))) {
      rows.push_back(TextRow::token(id));
    }
    end_sentence(rows, tokenizer.end_token());
    sentences.push_back(std::move(rows));
  }
  TextLayout layout;
  const auto shared = static_cast<std::ptrdiff_t>(common_prefix(sentences));
  layout.shared.assign(sentences.front().begin(), sentences.front().begin() + shared);
  for (const Rows& rows : sentences) layout.own.emplace_back(rows.begin() + shared, rows.end());
  require_fits(layout, class_names, context_length);
  return layout;
}

void require_fits(const TextLayout& layout, const std::vector<std::string>& class_names,
                  Index context_length) {
  for (std::size_t c = 0; c < layout.own.size(); ++c) {
    const std::size_t rows = layout.shared.size() + layout.own[c].size();
    require(static_cast<Index>(rows) <= context_length, "class '", class_names[c], "' needs ", rows,
            " tokens, the model's context has ", context_length);
  }
}

}  // namespace qprompt
