#pragma once

#include <optional>

#include "qprompt/tune/forecast.h"

namespace qprompt {

// What images that were not learned from say of what was.
struct HeldOut {
  // On validation images of the classes learned, which may have chosen the epoch: zero-shot, what
  // was learned, and class means of the very features that it was learned from.
  Answers zero_shot{}, adapted{}, class_means{};
  std::optional<Forecast> novel{};  // where half of the classes can be held out
};

// Nothing without validation images. `sets`: those of the run. Throws Interrupted where
// `observer.stop` says so.
std::optional<HeldOut> held_out(const Model& model, TrainingSets& sets, const LearnConfig& config,
                                const PromptFile& prompt, const FeatureOptions& features,
                                const Observer& observer);

}  // namespace qprompt
