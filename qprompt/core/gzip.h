#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace qprompt {

// What a gzip file holds. Throws Error naming the file for one that is damaged, that is none, or
// that unpacks to more than `most` bytes.
std::string read_gzip(const std::filesystem::path& path, std::size_t most);

}  // namespace qprompt
