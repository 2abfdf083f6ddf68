#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {

// One row of the text tower's input: a token's frozen embedding, or a learned row.
struct TextRow {
  enum class Source : std::uint8_t { kToken, kLearned };
  Source source = Source::kToken;
  Index index = 0;  // token id, or row of TextPrompts::rows

  static TextRow token(int id) { return {Source::kToken, id}; }
  static TextRow learned(Index row) { return {Source::kLearned, row}; }
  bool operator==(const TextRow&) const = default;
};

// Rows that all classes share come first, then each class's own rows; a class's last row is its
// EOT, since nothing behind it matters to a causal tower.
struct TextLayout {
  std::vector<TextRow> shared;
  std::vector<std::vector<TextRow>> own;
};

// Learned rows [n, width]. deep[l] overwrites the shared learned rows, in their order, at the input
// of block l + 1. A gradient has the same shape.
struct TextPrompts {
  Matrix rows;
  std::vector<Matrix> deep;
};

// A class's words as the text tower reads them.
struct ClassText {
  std::vector<int> name;      // tokens of the name alone
  std::vector<int> sentence;  // tokens of "name."
};

// The class list in tokens, with `_` read as a space. What learners build layouts from.
struct ClassTokens {
  std::vector<std::string> names;
  std::vector<ClassText> classes;
  int start_token = 0, end_token = 0;
  Index context_length = 0;

  Index count() const { return static_cast<Index>(classes.size()); }
};
ClassTokens tokenize_classes(const Tokenizer& tokenizer,
                             const std::vector<std::string>& class_names, Index context_length);

// Every class as one sentence, "a photo of a {}." with its name for the braces: no learned rows;
// the tokens that all sentences begin with are shared.
TextLayout template_layout(const Tokenizer& tokenizer, const std::string& prompt_template,
                           const std::vector<std::string>& class_names, Index context_length);

// Appends the end of text. The tower reads the first that there is: what follows it is cut off.
void end_sentence(std::vector<TextRow>& rows, int end_token);

// Throws Error naming the class whose rows are more than the context holds.
void require_fits(const TextLayout& layout, const std::vector<std::string>& class_names,
                  Index context_length);

// As the text tower is told it: name_text() (core/unicode.h). Throws Error for an endless one.
std::string spoken_name(const std::string& class_name);

}  // namespace qprompt
