#include <zlib.h>

#include "fuzz/fuzz.h"
#include "qprompt/artifact/prompt_file.h"

namespace qprompt::fuzz {
namespace {

constexpr std::size_t kChecksumSize = 4;

// With the right checksum at its end, which no mutation finds.
std::string sealed(std::string_view content) {
  std::string file(content.substr(0, content.size() - std::min(content.size(), kChecksumSize)));
  const uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(file.data()), file.size());
  for (int i = 0; i < 4; ++i) file += static_cast<char>(checksum >> (8 * i));
  return file;
}

// What was read is written and read again as the same bytes.
void read_twice(std::string_view content) {
  const PromptFile file = prompt_file_from_bytes(std::as_bytes(std::span(content)), "prompt");
  values(file);
  const auto written = to_bytes(file);
  expect(to_bytes(prompt_file_from_bytes(written, "prompt")) == written);
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt::fuzz;
  return answered([&] { read_twice(sealed(text_of(data, size))); });
}
