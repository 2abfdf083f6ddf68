#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace qprompt {

// `text` as an .xz file has it: the same bytes for the same text.
std::string xz_packed(std::string_view text);

// What an .xz file holds. Throws Error naming the file for one that is damaged, that is none, or
// that unpacks to more than `most` bytes.
std::string read_xz(const std::filesystem::path& path, std::size_t most);

}  // namespace qprompt
