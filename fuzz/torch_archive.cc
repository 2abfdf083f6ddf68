#include "qprompt/formats/torch_archive.h"

#include <zlib.h>

#include "fuzz/fuzz.h"

namespace qprompt::fuzz {
namespace {

// Little-endian; zero behind the end.
std::size_t number_at(std::string_view bytes, std::size_t place, int size) {
  std::size_t number = 0;
  for (int i = size; i-- > 0;) {
    const bool inside = place + i < bytes.size();
    number = number << 8 | (inside ? static_cast<unsigned char>(bytes[place + i]) : 0);
  }
  return number;
}

void set_checksum(std::string& zip, std::size_t place, uLong checksum) {
  for (int i = 0; i < 4 && place + i < zip.size(); ++i) {
    zip[place + i] = static_cast<char>(checksum >> (8 * i));
  }
}

// With the right checksums in its directory and entries, which no mutation finds.
std::string sealed(std::string zip) {
  for (auto at = zip.find("PK\1\2"); at != zip.npos; at = zip.find("PK\1\2", at + 4)) {
    const std::size_t local = number_at(zip, at + 42, 4);
    if (local >= zip.size()) continue;
    const std::size_t begin =
        local + 30 + number_at(zip, local + 26, 2) + number_at(zip, local + 28, 2);
    if (begin >= zip.size()) continue;
    const auto content = std::string_view(zip).substr(begin, number_at(zip, at + 20, 4));
    const uLong checksum =
        crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
    set_checksum(zip, at + 16, checksum);
    set_checksum(zip, local + 14, checksum);
  }
  return zip;
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const fuzz::MemoryFile file(fuzz::sealed(std::string(fuzz::text_of(data, size))));
  return fuzz::answered([&] {
    const TorchArchive archive(file.path());
    archive.is_torch_script();
    for (const auto& entry : archive.tensors()) {
      fuzz::answered([&] { archive.at(entry.first); });
    }
  });
}
