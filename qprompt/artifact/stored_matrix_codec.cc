#include "qprompt/artifact/stored_matrix_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/core/half.h"
#include "qprompt/quant/bit_packing.h"

namespace qprompt {
namespace {

constexpr std::uint64_t kMaxSide = std::uint64_t{1} << 31;

bool is_finite_half(std::uint16_t bits) { return std::isfinite(half_value(bits)); }

void require_writable(const StoredMatrix& matrix) {
  require(rows(matrix) > 0 && cols(matrix) > 0, "prompt file: matrix '", matrix.name, "' is ",
          rows(matrix), " x ", cols(matrix));
  const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content);
  const Matrix values = encoded ? decode(*encoded) : std::get<Matrix>(matrix.content);
  require(all_finite(values), "prompt file: matrix '", matrix.name,
          "' holds a NaN or infinite value");
}

void write_values(ByteWriter& writer, const Matrix& values, int bits) {
  for (const float value : values_of(values)) {
    if (bits == 16) {
      writer.u16(half_bits(value));
    } else {
      writer.u32(std::bit_cast<std::uint32_t>(value));
    }
  }
}

Matrix read_values(ByteReader& reader, Index rows, Index cols, int bits) {
  const auto count = static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(cols);
  const std::uint64_t size = count * static_cast<std::uint64_t>(bits) / 8;
  ByteReader raw(reader.bytes(size), reader.origin());
  Matrix values(rows, cols);
  for (float& value : values_of(values)) {
    value = bits == 16 ? half_value(raw.u16()) : std::bit_cast<float>(raw.u32());
  }
  return values;
}

EncodedMatrix read_encoded(ByteReader& reader, Index rows, Index cols, int bits) {
  EncodedMatrix encoded{.rows = rows, .cols = cols, .bits = bits, .codebook = {}, .codes = {}};
  ByteReader entries(reader.bytes(std::uint64_t{2} << bits), reader.origin());
  while (entries.remaining() > 0) encoded.codebook.push_back(entries.u16());
  reader.require(std::ranges::all_of(encoded.codebook, is_finite_half),
                 "a codebook holds a NaN or infinite value");
  const auto count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  const auto codes = reader.bytes(packed_size(count, bits));
  encoded.codes.assign(codes.begin(), codes.end());
  const std::size_t spare = codes.size() * 8 - count * static_cast<std::size_t>(bits);
  reader.require(std::to_integer<unsigned>(codes.back()) >> (8 - spare) == 0,
                 "bits after the last code are not zero");
  return encoded;
}

}  // namespace

void write_matrix(ByteWriter& writer, const StoredMatrix& matrix) {
  require_writable(matrix);
  const int bits = bits_per_value(matrix);
  writer.string(matrix.name);
  writer.varint(static_cast<std::uint64_t>(rows(matrix)));
  writer.varint(static_cast<std::uint64_t>(cols(matrix)));
  writer.byte(static_cast<std::uint8_t>(bits));
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) {
    for (const std::uint16_t entry : encoded->codebook) writer.u16(entry);
    writer.bytes(encoded->codes);
  } else {
    write_values(writer, std::get<Matrix>(matrix.content), bits);
  }
}

StoredMatrix read_matrix(ByteReader& reader) {
  StoredMatrix matrix{.name = reader.string(), .content = {}};
  const std::uint64_t rows = reader.varint();
  const std::uint64_t cols = reader.varint();
  const int bits = reader.byte();
  reader.require((bits >= 1 && bits <= 8) || bits == 16 || bits == 32, "matrix '", matrix.name,
                 "' has ", bits, " bits a value, expected 1..8, 16 or 32");
  // A value takes a bit at least, which bounds what rows x cols may ask for.
  reader.require(rows > 0 && cols > 0 && rows < kMaxSide && cols < kMaxSide &&
                     rows * cols <= 8 * std::uint64_t{reader.remaining()},
                 "matrix '", matrix.name, "' is ", rows, " x ", cols, ", with ", reader.remaining(),
                 " bytes left in the file");
  const auto height = static_cast<Index>(rows);
  const auto width = static_cast<Index>(cols);
  if (bits <= 8) {
    matrix.content = read_encoded(reader, height, width, bits);
  } else {
    matrix.content = read_values(reader, height, width, bits);
    reader.require(all_finite(std::get<Matrix>(matrix.content)), "matrix '", matrix.name,
                   "' holds a NaN or infinite value");
  }
  return matrix;
}

}  // namespace qprompt
