#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/core/error.h"

namespace qprompt {

// The words a prompt file is written in: little-endian numbers of fixed size, varints (LEB128:
// seven bits a byte, lowest first, the top bit says "more"), and strings with their length before
// them.
class ByteWriter {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value);
  void signed_varint(std::int64_t value);  // zigzag: 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
  void string(std::string_view text);
  void bytes(std::span<const std::byte> bytes);

  const std::vector<std::byte>& written() const { return bytes_; }

 private:
  void fixed(std::uint64_t value, int size);

  std::vector<std::byte> bytes_;
};

// Reads the same words. Never beyond the end, and nothing is allocated for a length that the
// remaining bytes cannot hold: throws Error beginning with `origin`, the file's name.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view origin)
      : rest_(bytes), origin_(origin) {}

  std::uint8_t byte() { return std::to_integer<std::uint8_t>(bytes(1)[0]); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  std::uint64_t varint();
  std::int64_t signed_varint();
  std::string string();
  std::span<const std::byte> bytes(std::uint64_t count);

  std::size_t remaining() const { return rest_.size(); }
  std::string_view origin() const { return origin_; }

  template <typename... Parts>
  void require(bool condition, const Parts&... parts) const {
    qprompt::require(condition, origin_, ": ", parts...);
  }

 private:
  std::uint64_t fixed(int size);

  std::span<const std::byte> rest_;
  std::string_view origin_;
};

}  // namespace qprompt
