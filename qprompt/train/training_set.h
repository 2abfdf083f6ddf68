#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "qprompt/features/image_pixels.h"
#include "qprompt/prompt/prompted_clip.h"

namespace qprompt {

// Labelled images, each under the same number of views, as the learner at hand takes them: unit
// features of the frozen tower, pixels where tokens enter that tower, or both where a regularizer
// compares the two.
struct TrainingSet {
  Matrix features;                            // [images * views, embed], or empty
  std::shared_ptr<const ImagePixels> pixels;  // of the same views, or none
  std::vector<Index> first_pixels;  // of each image, where its views begin there; empty: in a row
  std::vector<int> labels;          // of the images
  Index views = 1;                  // an image's views stand together
  bool fresh_views = false;  // view e belongs to epoch e; else every epoch draws one of the views

  Index images() const { return static_cast<Index>(labels.size()); }
};

struct Batch {
  ImageBatch images;
  std::vector<int> labels;
};

// The order of an epoch's images and the view that each shows. Every epoch has a random stream of
// its own: a run that is resumed needs no generator's state.
class EpochPlan {
 public:
  EpochPlan(const TrainingSet& set, int epoch, std::uint64_t seed);

  // Images [first, first + count) of the epoch's order.
  Batch batch(Index first, Index count) const;

 private:
  const TrainingSet& set_;
  std::vector<Index> order_;  // of images
  std::vector<Index> rows_;   // of the views, in that order
};

// Views [first, first + count) of all, in their own order; the labels are those of their images.
Batch consecutive_views(const TrainingSet& set, Index first, Index count);

// Of these images alone, in that order, with other labels: `labels[i]` is that of images[i].
TrainingSet part_of(const TrainingSet& set, std::span<const Index> images, std::vector<int> labels);

// Throws Error unless features and pixels are those of the labels, and one of them is there.
void require_consistent(const TrainingSet& set);

}  // namespace qprompt
