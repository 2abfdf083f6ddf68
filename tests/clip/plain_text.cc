#include "tests/clip/plain_text.h"

namespace qprompt {
namespace {

constexpr Index kPadding = 2;

bool is_learned(const TextRow& row) { return row.source == TextRow::Source::kLearned; }

std::vector<TextRow> sentence_of(const TextLayout& layout, std::size_t c) {
  std::vector<TextRow> rows = layout.shared;
  rows.insert(rows.end(), layout.own[c].begin(), layout.own[c].end());
  return rows;
}

Double embedded(const Checkpoint& checkpoint, const std::vector<TextRow>& sentence,
                const Matrix& learned) {
  Double rows = Double::Constant(std::ssize(sentence) + kPadding, checkpoint.shape().text.width, 7);
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    const int token = static_cast<int>(sentence[i].index);
    const Matrix row = is_learned(sentence[i]) ? Matrix(learned.row(sentence[i].index))
                                               : checkpoint.token_embeddings({&token, 1});
    rows.row(i) = row.cast<double>();
  }
  return rows;
}

}  // namespace

reference::TextInput plain_input(const Checkpoint& checkpoint, const TextCase& text) {
  reference::TextInput input;
  for (std::size_t c = 0; c < text.layout.own.size(); ++c) {
    const std::vector<TextRow> sentence = sentence_of(text.layout, c);
    input.rows.push_back(embedded(checkpoint, sentence, text.prompts.rows));
    input.eot.push_back(std::ssize(sentence) - 1);
  }
  const auto& shared = text.layout.shared;
  input.deep.first = std::find_if(shared.begin(), shared.end(), is_learned) - shared.begin();
  for (const Matrix& deep : text.prompts.deep) input.deep.rows.push_back(deep.cast<double>());
  return input;
}

PlainPrompts plain_gradient(const TextCase& text, const reference::TextGradient& gradient) {
  PlainPrompts sum{Double::Zero(text.prompts.rows.rows(), text.prompts.rows.cols()), gradient.deep};
  for (std::size_t c = 0; c < text.layout.own.size(); ++c) {
    const std::vector<TextRow> sentence = sentence_of(text.layout, c);
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      if (is_learned(sentence[i])) sum.rows.row(sentence[i].index) += gradient.rows[c].row(i);
    }
  }
  return sum;
}

}  // namespace qprompt
