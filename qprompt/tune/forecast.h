#pragma once

#include <optional>

#include "qprompt/train/training_sets.h"

namespace qprompt {

// How many of so many images are answered rightly.
struct Answers {
  Index images = 0, correct = 0;

  double accuracy() const {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};
Answers answers(const AdaptedModel& model, const TrainingSet& set);

// What a way of learning does to classes that it is not shown, seen on one fold: half of the
// classes are learned, in as many steps as a run on all of them takes, and the others are asked
// about, among their own names.
struct Forecast {
  Index learned_classes = 0, novel_classes = 0;
  Answers zero_shot{}, adapted{};  // on images of the novel ones
};

// Nothing where there are too few classes to hold half of them out, or where the method has no
// answer for classes that it did not learn. `sets`: those of the run, of which nothing else is
// looked at. Throws Interrupted where `observer.stop` says so.
std::optional<Forecast> forecast(const Model& model, TrainingSets& sets, const LearnConfig& config,
                                 const FeatureOptions& features, const Observer& observer = {});

}  // namespace qprompt
