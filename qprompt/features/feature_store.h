#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "qprompt/core/file.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// Features on disk, fp16, in one append-only file of fixed-size records
//   key (8 bytes) | embed fp16 values | hash of both (8 bytes)
// for one model and number format. A record that does not match its hash (a torn write) is as if it
// were not there. Several processes may use one file.
class FeatureStore {
 public:
  // `folder` is created. `name` tells models and number formats apart.
  FeatureStore(const std::filesystem::path& folder, const std::string& name, Index embed);

  // The feature of `key` in `row`, or false where it is not known.
  bool find(std::uint64_t key, std::span<float> row) const;

  // Appends rows [keys.size(), embed], values that fp16 holds exactly. Throws Error on a full disk.
  void append(std::span<const std::uint64_t> keys, const Matrix& rows);

 private:
  std::size_t record_size() const;

  std::filesystem::path path_;
  Index embed_;
  std::optional<MappedFile> map_;
  std::unordered_map<std::uint64_t, std::size_t> offsets_;  // of the fp16 values in the map
};

// Features as they are cached and used: the nearest fp16 values.
Matrix rounded_to_fp16(const Matrix& features);

}  // namespace qprompt
