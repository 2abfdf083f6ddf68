#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

// CLIP's byte-level BPE with its text cleaning: HTML unescape twice, white space collapsed, Unicode
// lower-casing. (CLIP's clip/simple_tokenizer.py; what it has ftfy do is repaired_text(), which the
// sentences of prompts go through.)
class Tokenizer {
 public:
  // A folder or file: vocab.json + merges.txt, tokenizer.json, or bpe_simple_vocab_16e6.txt.gz,
  // recognised from the content. Throws Error naming what was looked for.
  static Tokenizer load(const std::filesystem::path& path);

  // Ids without start and end. Added tokens are split off first and never merged.
  std::vector<int> encode(std::string_view text) const;
  std::string decode(std::span<const int> ids) const;

  int start_token() const;
  int end_token() const;
  int vocabulary_size() const;
  int largest_token() const { return vocabulary_size() - 1; }

 private:
  struct Tables;
  void append_text(std::string_view text, std::vector<int>& ids) const;  // without added tokens
  explicit Tokenizer(std::shared_ptr<const Tables> tables);
  std::shared_ptr<const Tables> tables_;
};

}  // namespace qprompt
