#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/train/training_sets.h"
#include "qprompt/tune/folds.h"

namespace qprompt {

// All that a choice looks at: training and validation images of the classes that are learned,
// prepared once for all candidates with equal needs. There is no way from here to a test image or
// to another class.
class ImagesAtHand {
 public:
  // `chosen`: shots and classes have been chosen.
  ImagesAtHand(const Model& model, const Dataset& chosen, std::uint64_t train_seed,
               FeatureOptions features);

  const std::vector<std::string>& class_names() const { return class_names_; }
  // Of the images that can be read.
  const std::vector<int>& labels();
  // Images to hold out of each class: as many as are for validation, at least a quarter and one,
  // but never all of them.
  std::vector<int> held_out();

  // Images under random views, to learn from. `labels`: those of a fold's class list.
  TrainingSet to_learn(const LearnConfig& config, std::span<const Index> images,
                       std::vector<int> labels);
  // Images as they are, to judge by; with pixels where a candidate needs them.
  TrainingSet to_judge(bool pixels, std::span<const Index> images, std::vector<int> labels);

  double seconds() const;  // that preparing took

 private:
  const TrainingSet& judged(bool pixels);

  Model model_;
  std::vector<Item> images_;
  std::vector<std::string> class_names_;
  std::vector<int> validation_;  // images of each class
  std::uint64_t train_seed_;
  FeatureOptions features_;
  PreparedSets learned_, judged_;
};

}  // namespace qprompt
