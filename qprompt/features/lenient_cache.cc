#include "qprompt/features/lenient_cache.h"

#include <algorithm>
#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"

namespace qprompt {

bool LenientCache::find(const Hash128& key, std::span<float> row) {
  if (!usable_) return false;
  try {
    return store_->find(key, row) &&
           std::ranges::all_of(row, [](float value) { return std::isfinite(value); });
  } catch (const Error& error) {
    give_up(error.what());
    return false;
  }
}

void LenientCache::append(std::span<const Hash128> keys, const Matrix& rows) {
  if (!usable_) return;
  try {
    store_->append(keys, rows);
  } catch (const Error& error) {
    give_up(error.what());
  }
}

// Of several threads that fail at once, one tells it.
void LenientCache::give_up(const std::string& why) {
  if (usable_.exchange(false) && notice_) notice_("going on without the feature cache: " + why);
}

std::optional<Matrix> kept_matrix(const FeatureStore& cache, const Hash128& key, Index width) {
  try {
    auto known = cache.find_matrix(key);
    if (known && known->cols() == width && all_finite(*known)) return known;
  } catch (const Error&) {
  }
  return std::nullopt;
}

void keep_matrix(FeatureStore& cache, const Hash128& key, const Matrix& matrix) {
  try {
    cache.put_matrix(key, matrix);
  } catch (const Error&) {
  }
}

}  // namespace qprompt
