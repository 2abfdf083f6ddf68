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

Index pixel_row(const TrainingSet& set, Index row) {
  if (set.first_pixels.empty()) return row;
  return set.first_pixels[row / set.views] + row % set.views;
}

ImageBatch images_of(const TrainingSet& set, std::span<const Index> rows) {
  ImageBatch images;
  if (set.features.size() > 0) {
    images.unit_features.resize(std::ssize(rows), set.features.cols());
    for (Index i = 0; i < std::ssize(rows); ++i) {
      images.unit_features.row(i) = set.features.row(rows[i]);
    }
  }
  if (set.pixels != nullptr) {
    std::vector<Index> pixel_rows;
    pixel_rows.reserve(rows.size());
    for (const Index row : rows) pixel_rows.push_back(pixel_row(set, row));
    images.pixels = set.pixels->pixels(pixel_rows);
  }
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

TrainingSet part_of(const TrainingSet& set, std::span<const Index> images,
                    std::vector<int> labels) {
  TrainingSet part;
  part.labels = std::move(labels);
  part.views = set.views;
  part.fresh_views = set.fresh_views;
  part.pixels = set.pixels;
  if (set.features.size() > 0)
    part.features.resize(std::ssize(images) * set.views, set.features.cols());
  for (Index i = 0; i < std::ssize(images); ++i) {
    const Index first = images[i] * set.views;
    if (set.features.size() > 0) {
      part.features.middleRows(i * set.views, set.views) =
          set.features.middleRows(first, set.views);
    }
    if (set.pixels != nullptr) part.first_pixels.push_back(pixel_row(set, first));
  }
  return part;
}

void require_consistent(const TrainingSet& set) {
  const Index expected = set.images() * set.views;
  require(set.images() > 0, "train: no images");
  require(set.features.size() > 0 || set.pixels != nullptr, "train: neither features nor pixels");
  require(set.views >= 1 && (set.features.size() == 0 || set.features.rows() == expected),
          "train: ", set.features.rows(), " features of ", set.images(), " images under ",
          set.views, " views");
  const bool is_part = !set.first_pixels.empty();
  require(set.pixels == nullptr || is_part || set.pixels->views() == expected, "train: pixels of ",
          set.pixels == nullptr ? 0 : set.pixels->views(), " views, expected ", expected);
}

}  // namespace qprompt
