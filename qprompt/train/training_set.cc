#include "qprompt/train/training_set.h"

#include <numeric>
#include <span>

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {

EpochPlan::EpochPlan(const TrainingSet& set, int epoch, std::uint64_t seed) : set_(set) {
  Random random(seed, static_cast<std::uint64_t>(epoch));
  order_ = random.permutation(set.images());
  for (const Index image : order_) {
    const Index view = set.fresh_views ? epoch : random.below(set.views);
    rows_.push_back(image * set.views + view);
  }
}

namespace {

ImageBatch images_of(const TrainingSet& set, std::span<const Index> rows) {
  ImageBatch images;
  if (set.features.size() > 0) {
    images.unit_features.resize(std::ssize(rows), set.features.cols());
    for (Index i = 0; i < std::ssize(rows); ++i) {
      images.unit_features.row(i) = set.features.row(rows[i]);
    }
  }
  if (set.pixels != nullptr) images.pixels = set.pixels->pixels(rows);
  return images;
}

}  // namespace

Batch EpochPlan::batch(Index first, Index count) const {
  Batch batch{images_of(set_, std::span(rows_).subspan(first, count)), {}};
  for (Index i = 0; i < count; ++i) batch.labels.push_back(set_.labels[order_[first + i]]);
  return batch;
}

Batch consecutive_views(const TrainingSet& set, Index first, Index count) {
  std::vector<Index> rows(count);
  std::iota(rows.begin(), rows.end(), first);
  Batch batch{images_of(set, rows), {}};
  for (const Index row : rows) batch.labels.push_back(set.labels[row / set.views]);
  return batch;
}

void require_consistent(const TrainingSet& set) {
  const Index expected = set.images() * set.views;
  require(set.images() > 0, "train: no images");
  require(set.features.size() > 0 || set.pixels != nullptr, "train: neither features nor pixels");
  require(set.views >= 1 && (set.features.size() == 0 || set.features.rows() == expected),
          "train: ", set.features.rows(), " features of ", set.images(), " images under ",
          set.views, " views");
  require(set.pixels == nullptr || set.pixels->views() == expected, "train: pixels of ",
          set.pixels == nullptr ? 0 : set.pixels->views(), " views, expected ", expected);
}

}  // namespace qprompt
