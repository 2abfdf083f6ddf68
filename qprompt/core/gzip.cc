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

}  // namespace qprompt
