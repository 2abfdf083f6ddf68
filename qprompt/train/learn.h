#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/features/feature_options.h"
#include "qprompt/inference/known_score.h"
#include "qprompt/prompt/config.h"
#include "qprompt/train/training_config.h"

namespace qprompt {

struct LearnConfig {
  MethodConfig method = CoOpConfig{};
  ClassSubset classes = ClassSubset::kAll;
  int shots = 16;
  std::uint64_t seed = 1;
  std::int64_t train_seed = -1;
  int views = 8;
  bool temperature = true;
  TrainingConfig training;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("classes", classes, "all, base (the first half, rounded up) or new (the rest)");
    visit("shots", shots, "training images a class; 0 takes all");
    visit("seed", seed, "draws the shots");
    visit("train_seed", train_seed, "orders batches, views, random starts; -1: as seed");
    visit("views", views,
          "random views kept for each image; 0 draws fresh ones every epoch (of a method without "
          "epochs: none, images are taken as they are)");
    visit("temperature", temperature,
          "fit a temperature on validation images, where there are any, so that probabilities are "
          "the shares of right answers");
    training.visit_fields(visit);
  }

  std::uint64_t effective_train_seed() const {
    return train_seed < 0 ? seed : static_cast<std::uint64_t>(train_seed);
  }
};

// Zero-shot as something that can be deployed where learning does not help. It has the words that
// the method of `like` starts from, else "a photo of a": as a template, "a photo of a {}."; and as
// CoOp's prompt before its first step, in full precision, which classifies alike.
QPROMPT_API std::string zero_shot_template(const LearnConfig& like);
QPROMPT_API LearnConfig zero_shot_config(const LearnConfig& like);

// Without validation images of its classes a config that would choose the best epoch or zero-shot
// keeps the last epoch instead; true where that changed it.
QPROMPT_API bool keep_last_without_validation(const Dataset& dataset, LearnConfig& config);

// As that of TrainingConfig; shots and views must be 0 or more.
QPROMPT_API void require_valid(const LearnConfig& config);

// What `learn` hands over: the prompt, and what a person wants to know about how it came about.
struct Learned {
  PromptFile prompt;
  std::vector<std::string> class_names;
  std::vector<EpochReport> epochs;
  std::int64_t steps = 0;
  int chosen_epoch = 0;                    // whose values the prompt holds; 0: it is zero-shot's
  std::map<std::string, int> clusterings;  // how often each matrix was clustered
  std::vector<std::string> bits_reasons;   // why widths were chosen, where "auto" asked for it
  double temperature = 1;                  // of the prompt
  std::string temperature_reason;          // what it was fitted to, or why it was not
  HeldOutScores held_out_scores;           // what those images score, for classify --unknown
  std::vector<ScarceClass> scarce;         // classes with fewer images than shots
  std::vector<std::string> skipped;        // damaged images
  double feature_seconds = 0, training_seconds = 0;
  bool interrupted = false;  // the prompt is that of the last step, or best_val's best one so far
  // Accuracy of zero-shot on the validation images, where epochs had to exceed it; else -1.
  double zero_shot_validation = -1;

  // What a record holds beside prompt, epochs and seconds: a new measured quantity is added here.
  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("class_names", class_names, "");
    visit("steps", steps, "");
    visit("chosen_epoch", chosen_epoch, "whose values the prompt holds; 0: it is zero-shot's");
    visit("zero_shot_validation", zero_shot_validation, "what epochs had to exceed; -1: nothing");
    visit("clusterings", clusterings, "of each matrix");
    visit("bits_reasons", bits_reasons, "why widths were chosen");
    visit("temperature", temperature, "what logits are divided by");
    visit("temperature_reason", temperature_reason, "what it was fitted to, or why it was not");
    visit("held_out_scores", held_out_scores, "what those images score as pictures of the classes");
    visit("interrupted", interrupted, "");
    visit("skipped_images", skipped, "damaged images");
  }
};

// Few-shot images, their features or pixels under random views, and the training itself. Goes on
// from `resume` where it is given.
QPROMPT_API Learned learn(const Model& model, const Dataset& dataset, const LearnConfig& config,
                          const FeatureOptions& features = {}, const Observer& observer = {},
                          const TrainingState* resume = nullptr);

}  // namespace qprompt
