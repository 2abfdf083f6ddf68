#include "qprompt/formats/npy.h"

#include <bit>
#include <string>

#include "qprompt/core/file.h"

namespace qprompt {
namespace {

constexpr std::size_t kAlignment = 64;  // of the first value in the file

// Magic, version, length of the text; then the text, padded with spaces and ended by a newline.
std::string header_of(Index rows, Index cols) {
  using namespace std::string_literals;
  std::string header = "\x93NUMPY\x01\x00"s + "??";
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) +
                     ", " + std::to_string(cols) + "), }";
  const std::size_t unpadded = header.size() + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  header[8] = static_cast<char>(text.size() & 0xFF);
  header[9] = static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Matrix& matrix) {
  static_assert(std::endian::native == std::endian::little);
  const auto values = std::as_bytes(values_of(matrix));
  std::string content = header_of(matrix.rows(), matrix.cols());
  content.append(reinterpret_cast<const char*>(values.data()), values.size());
  write_file(path, content);
}

}  // namespace qprompt
