#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/core/export.h"

namespace qprompt {

// A class's name as lists, folders, tables and prompts write it, as it is shown and read to the
// text tower: `_` a space, composed and straightened (core/unicode.h), without white space around
// it. Throws Error beginning with `where` for a name that is blank, not UTF-8, longer than a
// thousand bytes, or has a line break.
QPROMPT_API std::string readable_name(std::string_view name, const std::string& where);

// One class name a line, UTF-8 or UTF-16; empty lines are skipped. Throws Error for fewer than two,
// and for a file of another kind: JSON, a web page, a Git LFS pointer.
QPROMPT_API std::vector<std::string> read_class_names(const std::filesystem::path& path);

// What is doubtful about names, one line each: equal ones, different ones that make the same
// prompt, WordNet ids, numbers, comments, signs of another kind of file. Nothing of it is an error.
QPROMPT_API std::vector<std::string> doubts_about_names(std::span<const std::string> names);

}  // namespace qprompt
