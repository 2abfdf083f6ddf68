#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/data/image_source.h"
#include "qprompt/features/feature_options.h"

namespace qprompt {

class ImageSide;

// One image under one or more views.
struct ImageRequest {
  ImageSource image;
  // Seeds of random views (random-resized crop and flip), none of them 0; empty: the evaluation
  // view alone.
  std::vector<std::uint64_t> views = {};

  std::size_t view_count() const { return views.empty() ? 1 : views.size(); }
  std::uint64_t view_seed(std::size_t view) const { return views.empty() ? 0 : views[view]; }
};

struct ImageFeatures {
  Matrix features;           // [views of all requests in order, embed], not normalised, fp16 values
  std::vector<Index> first;  // row of request i's first view; -1 for a skipped image
  std::vector<std::string> skipped;  // one line for each damaged image
  std::vector<std::string> notices;  // of decoding (DecodeOptions); none where a cache had it all
  std::uint64_t side = 0;            // the image side that encoded them (ImageSide::number)
};

// Tells `options.notice` how many images were read otherwise than they are stored, and the first.
void tell_decoding(const std::vector<std::string>& notices, const FeatureOptions& options);

// Decodes on other threads while the tower works. fp16, cached or not: reading a cache changes
// nothing. What else is in a batch may: float32 sums in another order, seldom one bit in the last
// place.
ImageFeatures image_features(const ImageSide& side, std::span<const ImageRequest> requests,
                             const FeatureOptions& options = {});

}  // namespace qprompt
