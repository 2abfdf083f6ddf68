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

// What was computed once, on disk, under a hash of everything that it depends on: an LMDB
// environment, FOLDER/features.lmdb with its lock file. Many threads and many processes may read and
// write one folder at once; a process that is killed loses nothing that it had committed and leaves
// no lock. Not for network file systems (LMDB needs shared memory and locks of one machine).
//
// Every value carries a checksum: one that does not match is as if it were not there. Stores of
// another version and files of something else are refused; *.features files of version 0.1 are not
// looked at.
class QPROMPT_API FeatureStore {
 public:
  static constexpr std::size_t kDefaultLimit = std::size_t{16} << 30;

  // The store in `folder`, which is created, of at most `limit_bytes`. Open once in a process:
  // whoever opens it while somebody holds it gets the same one, with the first one's limit. Throws
  // Error naming folder or file.
  static std::shared_ptr<FeatureStore> open(const std::filesystem::path& folder,
                                            std::size_t limit_bytes = kDefaultLimit);

  FeatureStore(const FeatureStore&) = delete;
  FeatureStore& operator=(const FeatureStore&) = delete;

  // The feature of `key` in `row`; false where it is not known.
  bool find(const Hash128& key, std::span<float> row) const;
  // Keeps rows [keys.size(), n], values that fp16 holds exactly: all of them or, where that throws
  // Error (the limit is reached, the disk is full), none.
  void append(std::span<const Hash128> keys, const Matrix& rows);

  // The same for whole float32 matrices.
  std::optional<Matrix> find_matrix(const Hash128& key) const;
  void put_matrix(const Hash128& key, const Matrix& matrix);

  std::size_t entries() const;

 private:
  class Environment;
  class Registry;

  FeatureStore(const std::filesystem::path& folder, std::size_t limit_bytes);
  ~FeatureStore();

  std::unique_ptr<Environment> environment_;
};

}  // namespace qprompt
