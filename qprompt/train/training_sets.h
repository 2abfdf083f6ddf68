#pragma once

#include <functional>
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

// Sets by the needs that they serve, each prepared when it is first asked for. They stay where they
// are.
class PreparedSets {
 public:
  const PreparedSet& find(const ImageNeeds& needs, const std::function<PreparedSet()>& prepare);
  // Nothing where none was asked for.
  const PreparedSet* known(const ImageNeeds& needs) const;
  double seconds() const;  // that preparing took

 private:
  std::list<std::pair<ImageNeeds, PreparedSet>> sets_;
};

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

  Model model_;
  Dataset chosen_;
  std::uint64_t train_seed_;
  FeatureOptions features_;
  PreparedSets training_, validation_;
};

// Fits the temperature of what was learned, a mean's as a whole, on images that it did not learn
// from: data.held_out.
void calibrate(const Model& model, const TrainingData& data, const LearnConfig& config,
               Learned& learned);

// The training itself, on prepared images.
Learned learn_from(const Model& model, const std::vector<std::string>& class_names,
                   const TrainingData& data, const LearnConfig& config,
                   const Observer& observer = {});

}  // namespace qprompt
