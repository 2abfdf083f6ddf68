#include "qprompt/artifact/byte_stream.h"

namespace qprompt {

void ByteWriter::fixed(std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) byte(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
  byte(static_cast<std::uint8_t>(value));
}

void ByteWriter::signed_varint(std::int64_t value) {
  const auto doubled = static_cast<std::uint64_t>(value) << 1;
  varint(value < 0 ? ~doubled : doubled);
}

void ByteWriter::string(std::string_view text) {
  varint(text.size());
  bytes(std::as_bytes(std::span(text)));
}

void ByteWriter::bytes(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::uint64_t ByteReader::fixed(int size) {
  const auto read = bytes(static_cast<std::uint64_t>(size));
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(read[i]) << (8 * i);
  return value;
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint64_t next = byte();
    require(shift < 63 || next <= 1, "a number has more than 64 bits");
    value |= (next & 0x7F) << shift;
    if (next < 0x80) return value;
  }
  fail(origin_, ": a number does not end");
}

std::int64_t ByteReader::signed_varint() {
  const std::uint64_t value = varint();
  const auto half = static_cast<std::int64_t>(value >> 1);
  return (value & 1) != 0 ? ~half : half;
}

std::string ByteReader::string() {
  const auto read = bytes(varint());
  std::string text(read.size(), '\0');
  for (std::size_t i = 0; i < read.size(); ++i) text[i] = std::to_integer<char>(read[i]);
  return text;
}

std::span<const std::byte> ByteReader::bytes(std::uint64_t count) {
  require(count <= rest_.size(), "ends too early: ", count, " more bytes expected, ", rest_.size(),
          " left");
  const auto read = rest_.first(count);
  rest_ = rest_.subspan(count);
  return read;
}

}  // namespace qprompt
