#pragma once

#include <functional>
#include <memory>
#include <string>

#include "qprompt/core/matrix.h"
#include "qprompt/data/image.h"

namespace qprompt {

class FeatureStore;

struct FeatureProgress {
  Index done = 0, total = 0;  // views
  Index cached = 0;           // of `done`, found in the cache
};

struct FeatureOptions {
  std::shared_ptr<FeatureStore> cache;    // features on disk (FeatureStore::open), or none
  bool skip_bad_images = false;           // else the first damaged image is an Error
  std::int64_t max_pixels = kMostPixels;  // a larger image is a damaged one
  std::function<void(const FeatureProgress&)> progress;
  // What was done otherwise than asked for: a cache that cannot be used is left alone. From any
  // thread.
  std::function<void(const std::string&)> notice;
  // A true answer throws Interrupted. Asked between batches, and inside large pictures by the
  // threads that decode: any thread may ask, though never two at once.
  std::function<bool()> stop;
};

}  // namespace qprompt
