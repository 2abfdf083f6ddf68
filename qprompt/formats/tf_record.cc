#include "qprompt/formats/tf_record.h"

#include <isa-l/crc.h>

#include <bit>
#include <cstring>
#include <limits>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {
namespace {

static_assert(std::endian::native == std::endian::little);

std::uint32_t masked_crc(std::string_view text) {
  const std::uint32_t crc = crc32c(std::as_bytes(std::span(text)));
  return std::rotr(crc, 15) + 0xa282ead8u;
}

template <typename Number>
void append(std::string& record, Number number) {
  record.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Reads one part of the file after another.
class RecordReader {
 public:
  RecordReader(const std::filesystem::path& path, std::string_view text)
      : path_(path), rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  std::string record() {
    const std::string_view length_bytes = checked(sizeof(std::uint64_t), "length");
    std::uint64_t length = 0;
    std::memcpy(&length, length_bytes.data(), sizeof length);
    require(length <= rest_.size(), path_.string(), ": record ", record_, " of ", length,
            " bytes, ", rest_.size(), " are left");
    const std::string_view content = checked(static_cast<std::size_t>(length), "content");
    ++record_;
    return std::string(content);
  }

 private:
  std::string_view take(std::size_t size) {
    require(size <= rest_.size(), path_.string(), ": ends amid record ", record_);
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }

  // `size` bytes with their checksum behind them.
  std::string_view checked(std::size_t size, const char* part) {
    const std::string_view bytes = take(size);
    std::uint32_t crc = 0;
    std::memcpy(&crc, take(sizeof crc).data(), sizeof crc);
    require(crc == masked_crc(bytes), path_.string(), ": the ", part, " of record ", record_,
            " does not have its checksum");
    return bytes;
  }

  const std::filesystem::path& path_;
  std::string_view rest_;
  std::size_t record_ = 0;
};

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();  // that the library takes at once
  std::uint32_t state = 0xffffffff;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kMost));
    // The library reads only, and says it by no const.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(part.data()));
    state = crc32_iscsi(data, static_cast<int>(part.size()), state);
    bytes = bytes.subspan(part.size());
  }
  return ~state;
}

std::string tf_record(std::string_view content) {
  std::string record;
  append(record, std::uint64_t{content.size()});
  append(record, masked_crc(record));
  record.append(content);
  append(record, masked_crc(content));
  return record;
}

std::vector<std::string> read_tf_records(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  std::vector<std::string> records;
  for (RecordReader reader(path, text); !reader.at_end();) records.push_back(reader.record());
  return records;
}

}  // namespace qprompt
