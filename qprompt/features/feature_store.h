#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "qprompt/core/export.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// What was computed once, on disk, under a hash of everything that it depends on: image features
// (fp16) and class matrices (float32), in FOLDER/features.lmdb. Any number of threads and processes
// of one machine may read and write a folder at once, on a disk of that machine. A process that is
// killed loses nothing that it has stored and blocks nobody. A value whose bytes do not match their
// checksum is as if it were not there. *.features files of version 0.1 are not looked at.
class QPROMPT_API FeatureStore {
 public:
  static constexpr std::size_t kDefaultLimit = std::size_t{16} << 30;

  // The store in `folder`, which is created. Within a process there is one store per folder:
  // whoever opens it while somebody holds it shares it, with the limit of the first. A child made
  // by fork() must open its own and not touch its parent's. On a read-only file system a store can
  // be read. Throws Error naming the folder, or the file where it is none that can be trusted.
  static std::shared_ptr<FeatureStore> open(const std::filesystem::path& folder,
                                            std::size_t limit_bytes = kDefaultLimit);
  ~FeatureStore();
  FeatureStore(const FeatureStore&) = delete;
  FeatureStore& operator=(const FeatureStore&) = delete;

  // The feature of `key` in `row`, or false where none of this length is known.
  bool find(const Hash128& key, std::span<float> row) const;
  // All of rows [keys.size(), n], values that fp16 holds exactly, or none of them. What was stored
  // under a key is replaced. Throws Error on a full disk and where the limit is reached.
  void append(std::span<const Hash128> keys, const Matrix& rows);

  // The same for matrices, one by one.
  std::optional<Matrix> find_matrix(const Hash128& key) const;
  void put_matrix(const Hash128& key, const Matrix& matrix);

  std::size_t entries() const;

  // Bytes that the store in `folder` takes on the disk; nothing where there is none.
  static std::optional<std::uint64_t> disk_size(const std::filesystem::path& folder);
  // Removes the store in `folder`. Whoever has it open goes on with what he has.
  static void clear(const std::filesystem::path& folder);

 private:
  struct Impl;
  struct Registry;
  FeatureStore(const std::filesystem::path& folder, std::size_t limit_bytes);

  std::unique_ptr<Impl> impl_;
};

}  // namespace qprompt
