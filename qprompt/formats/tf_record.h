#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

// CRC-32C (Castagnoli) as RFC 3720 has it.
std::uint32_t crc32c(std::span<const std::byte> bytes);

// A record of TensorFlow's TFRecord format, little-endian: the length as uint64, its masked CRC-32C
// as uint32, the content, its masked CRC-32C; a masked one is rotated by 15 bits and moved by a
// constant, since a CRC of text that holds CRCs says little.
std::string tf_record(std::string_view content);

// The contents of all records of a file. Throws Error naming the file and the record for one that
// is cut or damaged.
std::vector<std::string> read_tf_records(const std::filesystem::path& path);

}  // namespace qprompt
