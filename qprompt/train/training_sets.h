#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "qprompt/train/learn.h"
#include "qprompt/train/trainer.h"

namespace qprompt {

// What a learner and its regularizer want to know of training images. Sets that are prepared for
// equal needs serve several runs.
struct ImageNeeds {
  bool features = true;  // of the frozen tower
  bool pixels = false;
  Index views = 1;
  bool fresh_views = false;
  bool evaluation_view = false;  // instead of random ones; then there is one view

  bool operator==(const ImageNeeds&) const = default;
};
ImageNeeds image_needs(const Model& model, const LearnConfig& config);

struct PreparedSet {
  TrainingSet set;
  std::vector<std::string> skipped;  // damaged images
  double seconds = 0;
};
PreparedSet prepare_training_set(const Model& model, std::span<const Item> items,
                                 const ImageNeeds& needs, std::uint64_t train_seed,
                                 const FeatureOptions& options);
// The evaluation view of each image.
PreparedSet prepare_validation_set(const Model& model, std::span<const Item> items,
                                   const ImageNeeds& needs, const FeatureOptions& options);

// Training and validation images of one data set and seed, of which shots and classes have been
// chosen: prepared when a run first needs them, once for all runs with equal needs.
class TrainingSets {
 public:
  TrainingSets(const Model& model, Dataset chosen, std::uint64_t train_seed,
               FeatureOptions features)
      : model_(model),
        chosen_(std::move(chosen)),
        train_seed_(train_seed),
        features_(std::move(features)) {}

  const Dataset& chosen() const { return chosen_; }
  // With validation images where there are any and the run looks at them. Throws Error without
  // training images, or without validation images where they are needed. The data live as long as
  // this.
  TrainingData data_for(const LearnConfig& config);

  // Damaged images of the sets that serve this run.
  std::vector<std::string> skipped(const LearnConfig& config) const;
  double seconds() const;  // that preparing took

 private:
  bool looks_at_validation(const LearnConfig& config) const;

  using Sets = std::list<std::pair<ImageNeeds, PreparedSet>>;  // which stay where they are

  Model model_;
  Dataset chosen_;
  std::uint64_t train_seed_;
  FeatureOptions features_;
  Sets training_, validation_;
};

// The training itself, on prepared images.
Learned learn_from(const Model& model, const std::vector<std::string>& class_names,
                   const TrainingData& data, const LearnConfig& config,
                   const Observer& observer = {});

}  // namespace qprompt
