#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// One image under one or more views.
struct ImageRequest {
  std::filesystem::path path;
  // Seeds of random views (random-resized crop and flip), none of them 0; empty: the evaluation
  // view alone.
  std::vector<std::uint64_t> views;

  std::size_t view_count() const { return views.empty() ? 1 : views.size(); }
  std::uint64_t view_seed(std::size_t view) const { return views.empty() ? 0 : views[view]; }
};

struct FeatureProgress {
  Index done = 0, total = 0;  // views
  Index cached = 0;           // of `done`, found in the cache
};

struct FeatureOptions {
  VisionPrompts prompts;                       // learned tokens of the image tower, if any
  std::optional<std::filesystem::path> cache;  // a folder for features on disk
  bool skip_bad_images = false;                // else the first damaged image is an Error
  std::function<void(const FeatureProgress&)> progress;
  std::function<bool()> stop;  // asked between batches; a true answer throws Interrupted
};

struct ImageFeatures {
  Matrix features;           // [views of all requests in order, embed], not normalised, fp16 values
  std::vector<Index> first;  // row of request i's first view; -1 for a skipped image
  std::vector<std::string> skipped;  // one line for each damaged image
};

// Decodes on other threads while the tower works. fp16, cached or not: reading a cache changes
// nothing. What else is in a batch may: float32 sums in another order, seldom one bit in the last
// place.
ImageFeatures image_features(const Model& model, std::span<const ImageRequest> requests,
                             const FeatureOptions& options = {});

// Thrown when a caller's `stop` answered true.
struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

}  // namespace qprompt
