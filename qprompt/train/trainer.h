#pragma once

#include <cstdint>
#include <vector>

#include "qprompt/inference/adapted_model.h"
#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/objective.h"
#include "qprompt/train/optimizer.h"
#include "qprompt/train/prompt_quantizer.h"
#include "qprompt/train/training_config.h"
#include "qprompt/train/training_set.h"
#include "qprompt/train/training_state.h"

namespace qprompt {

// What a run learns from.
struct TrainingData {
  const TrainingSet& set;
  const TrainingSet* validation = nullptr;  // looked at after every epoch where it is given
  const TrainingState* resume = nullptr;    // go on from here
  double zero_shot = -1;  // its accuracy on `validation`: what best_or_zero_shot has to exceed
  const TrainingSet* held_out = nullptr;  // looked at when all is learned, by learn_from alone
};

struct TrainingResult {
  ParameterMap values;        // the chosen ones, before quantization
  PromptQuantizer quantizer;  // of the chosen epoch; of the last one for an average over epochs
  std::vector<EpochReport> epochs;
  std::int64_t steps = 0;
  // Whose values these are: of best_val the best so far, else the last one. 0 of best_or_zero_shot:
  // no epoch was better than zero-shot, and these are the last one's.
  int chosen_epoch = 0;
  bool interrupted = false;
};

// What Dassl makes of an epoch: the last, smaller batch is dropped unless it is the only one.
Index steps_per_epoch(Index images, int batch_size);

// Of all views [images * views, n_cls].
AdaptedModel::Scores scores(const AdaptedModel& model, const TrainingSet& set);
Matrix logits(const AdaptedModel& model, const TrainingSet& set);
// Share of the views whose class the model puts first, as it will classify them.
double accuracy(const AdaptedModel& model, const TrainingSet& set);

// Learns the learner's parameters by steps; those of a learner without steps are what it starts
// from. `seed` orders batches, draws views and random starts.
// A loss or gradient that is not finite is an Error with the step, the matrix and a hint; the last
// epoch's state has then been given to observer.on_state.
TrainingResult train(const PromptedClip& clip, const TrainingData& data,
                     const TrainingConfig& config, std::uint64_t seed,
                     const Observer& observer = {});

}  // namespace qprompt
