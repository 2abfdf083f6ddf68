#include "qprompt/core/xz.h"

#include <lzma.h>

#include <array>
#include <memory>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {

std::string xz_packed(std::string_view text) {
  constexpr std::uint32_t kPreset = 6;
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  const lzma_ret status = lzma_easy_buffer_encode(
      kPreset, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
      text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  require(status == LZMA_OK, "xz: cannot pack ", text.size(), " bytes");
  packed.resize(size);
  return packed;
}

std::string read_xz(const std::filesystem::path& path, std::size_t most) {
  constexpr std::uint64_t kMemory = std::uint64_t{1} << 28;
  const std::string packed = read_text(path);
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> end(&stream, lzma_end);
  require(lzma_stream_decoder(&stream, kMemory, 0) == LZMA_OK, path.string(), ": xz: no memory");
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::string text;
  std::array<std::uint8_t, 1 << 16> block;
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    status = lzma_code(&stream, LZMA_FINISH);
    text.append(reinterpret_cast<const char*>(block.data()), block.size() - stream.avail_out);
    require(text.size() <= most, path.string(), ": unpacks to more than ", most, " bytes");
  }
  require(status == LZMA_STREAM_END && stream.avail_in == 0, path.string(),
          status == LZMA_FORMAT_ERROR ? ": not an xz file" : ": damaged or truncated xz file");
  return text;
}

}  // namespace qprompt
