#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace qprompt {

// A token that is split off before the BPE.
struct AddedToken {
  std::string text;
  int id = 0;
  bool normalized = false;  // looked for in the cleaned text, else in the text as it came
};

// What the files of a byte-level BPE say. Tokens are written in byte symbols: every byte is a
// printable character, and "</w>" ends a word.
struct Vocabulary {
  std::filesystem::path origin;  // the file, for messages
  std::unordered_map<std::string, int> ids;
  std::vector<std::pair<std::string, std::string>> merges;  // the most frequent first
  std::vector<AddedToken> added = {};                       // besides start and end of text
};

// vocab.json + merges.txt, tokenizer.json or bpe_simple_vocab_16e6.txt.gz (also unpacked, also a
// merges.txt alone: the vocabulary then follows from the merges). A folder: the first of them that
// is there. Recognised from the content. Throws Error naming what was looked for.
Vocabulary load_vocabulary(const std::filesystem::path& path);

// The file in `folder` that load_vocabulary would read; empty when there is none.
std::filesystem::path find_vocabulary(const std::filesystem::path& folder);

// The names of those files, for messages.
inline constexpr const char* kVocabularyFiles =
    "vocab.json with merges.txt, tokenizer.json, bpe_simple_vocab_16e6.txt.gz";

// The symbol of every byte, as UTF-8.
std::array<std::string, 256> byte_symbols();

inline constexpr const char* kStartOfText = "<|startoftext|>";
inline constexpr const char* kEndOfText = "<|endoftext|>";
inline constexpr const char* kEndOfWord = "</w>";

}  // namespace qprompt
