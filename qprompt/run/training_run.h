#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/eval/metrics.h"
#include "qprompt/run/description.h"
#include "qprompt/train/learn.h"

namespace qprompt {

// A training as something that stays: what it learns from, where it lies, and what becomes of it.
struct TrainingRunOptions {
  std::filesystem::path folder;
  bool resume = false;  // go on with the run that was interrupted in that folder
  FeatureOptions features;
  FeatureOptions test_features;
  Observer observer;  // on_state is the run's own
  // Of the zero-shot model that the adapted one is compared with on the test images; none: no
  // comparison.
  std::vector<std::string> templates;

  std::optional<bool> exif;  // for the prompt file, where a person said it

  // For the record.
  DataDescription data;
  std::string tokenizer;
  std::string zero_shot_template;  // as a person said it
  std::optional<PresetUse> preset;
};

struct TrainingRun {
  struct Comparison {
    Metrics zero_shot, adapted;
  };

  Learned learned;
  std::optional<Comparison> comparison;  // none for an interrupted run
  std::vector<std::string> skipped;      // damaged test images
};

// Learns and leaves a run folder (run_folder.h): the prompt is there before anything else can fail,
// the record again after the comparison. A state after every epoch is what an interrupted run is
// resumed from, by the same settings and images but for the learning rate. Throws Error for a
// finished run that is to be resumed, and for other settings than it was begun with, naming the
// first that differs; an error amid the run says where the last whole epoch is kept. Of several
// ranks of the model, the first writes.
QPROMPT_API TrainingRun run_training(const Model& model, const Dataset& dataset,
                                     const LearnConfig& config, const TrainingRunOptions& options);

}  // namespace qprompt
