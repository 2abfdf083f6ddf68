#include "qprompt/core/gzip.h"

#include <zlib.h>

#include <array>
#include <memory>

#include "qprompt/core/error.h"

namespace qprompt {

std::string read_gzip(const std::filesystem::path& path, std::size_t most) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  require(file != nullptr, path.string(), ": cannot open");
  std::string text;
  std::array<char, 1 << 16> block;
  int count = 0;
  while ((count = gzread(file.get(), block.data(), block.size())) > 0) {
    require(gzdirect(file.get()) == 0, path.string(), ": not a gzip file");
    text.append(block.data(), static_cast<std::size_t>(count));
    require(text.size() <= most, path.string(), ": unpacks to more than ", most, " bytes");
  }
  int status = Z_OK;
  gzerror(file.get(), &status);
  require(count == 0 && status == Z_OK, path.string(), ": damaged or truncated gzip file");
  return text;
}

std::string gzipped(std::string_view text) {
  constexpr int kGzip = 16, kWindowBits = 15, kMemoryLevel = 9;
  z_stream stream{};
  const int begun = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kWindowBits + kGzip,
                                 kMemoryLevel, Z_DEFAULT_STRATEGY);
  require(begun == Z_OK, "gzip: no memory");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  require(status == Z_STREAM_END, "gzip: cannot pack ", text.size(), " bytes");
  return packed;
}

}  // namespace qprompt
