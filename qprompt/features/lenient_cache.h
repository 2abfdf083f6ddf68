#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "qprompt/features/feature_options.h"
#include "qprompt/features/feature_store.h"

namespace qprompt {

// A cache that work does not depend on: one that cannot be read or written is told once
// (FeatureOptions::notice) and from then on is as if there were none. Safe to use from several
// threads.
class LenientCache {
 public:
  explicit LenientCache(const FeatureOptions& options)
      : store_(options.cache), notice_(options.notice), usable_(store_ != nullptr) {}

  bool is_usable() const { return usable_; }
  // As FeatureStore's. A feature that is not finite is as if it were not there.
  bool find(const Hash128& key, std::span<float> row);
  void append(std::span<const Hash128> keys, const Matrix& rows);

 private:
  void give_up(const std::string& why);

  std::shared_ptr<FeatureStore> store_;
  std::function<void(const std::string&)> notice_;
  std::atomic<bool> usable_;
};

// A matrix of this width that the cache holds under `key`; nothing where it holds none that can be
// believed, or cannot be read.
std::optional<Matrix> kept_matrix(const FeatureStore& cache, const Hash128& key, Index width);
// The answer does not need the cache: one that is full or read-only is as if there were none.
void keep_matrix(FeatureStore& cache, const Hash128& key, const Matrix& matrix);

}  // namespace qprompt
