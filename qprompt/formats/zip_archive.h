#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qprompt {

// A zip archive whose entries are stored without compression, as PyTorch writes them. Checksums are
// verified. Safe to use from several threads.
class ZipArchive {
 public:
  // Throws Error naming the file.
  explicit ZipArchive(const std::filesystem::path& path);

  const std::filesystem::path& path() const;
  const std::vector<std::string>& names() const;
  bool contains(const std::string& name) const;

  // Bytes of an entry. Throws Error when it is missing, compressed, or claims more than the file
  // has.
  std::size_t size(const std::string& name) const;
  std::vector<std::byte> read(const std::string& name) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace qprompt
