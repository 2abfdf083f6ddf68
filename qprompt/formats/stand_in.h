#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace qprompt {

// True for what Git leaves in place of a large file that it did not fetch.
bool is_lfs_pointer(std::span<const std::byte> bytes);

// Throws Error where `bytes` are not the file but stand in its place: a Git LFS pointer, or the web
// page that a server gave instead. The message says how to get the file.
void refuse_stand_in(std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace qprompt
