#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace qprompt {

// ASCII letters small, all else as it is.
std::string lower_ascii(std::string_view text);

bool is_utf8(std::string_view text);

// The text of a file as UTF-8, without a byte order mark: UTF-8, or UTF-16 that begins with its
// mark. Throws Error naming `origin` and the line for anything else.
std::string decoded_text(std::string_view bytes, const std::filesystem::path& origin);

// UTF-8 as OpenAI's tokenizer has ftfy put it right before it reads it: composed (NFC), straight
// quotes, Latin ligatures and full-width characters as plain letters, line ends as \n, no control
// characters. ftfy's repair of texts that were decoded wrongly is left out.
// (ftfy 6, fix_text; Hugging Face's tokenizer does NFC alone.)
std::string repaired_text(std::string_view text);

// A class's name as the text tower is told it: repaired, `_` a space, trimmed.
std::string name_text(std::string_view name);

// Without white space, Unicode's, around it.
std::string trimmed_text(std::string_view text);

// Lower case by Unicode's rules, whatever the locale, runs of white space one space.
std::string folded_text(std::string_view text);

}  // namespace qprompt
