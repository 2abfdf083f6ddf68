#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/run/held_out.h"
#include "qprompt/run/run_spec.h"
#include "qprompt/run/workbench.h"
#include "qprompt/tune/tune.h"

namespace qprompt {

// How a run is executed: nothing here changes what comes out of it.
struct RunOptions {
  std::filesystem::path folder;
  bool resume = false;  // go on with the run that was interrupted in that folder
  Observer observer{};  // on_state is the run's own
  std::function<void(const TuneProgress&)> on_choosing{};
  // Of the zero-shot model that the adapted one is compared with on the first target's images;
  // none: no comparison.
  std::vector<std::string> templates{};
  // Of what is not tuned: what becomes of classes that are not learned, on one fold, and what class
  // means of the same features give.
  bool forecast = false;

  std::optional<bool> exif{};  // for the prompt file, where a person said it

  // A folder for TensorBoard's event files, where they are wanted.
  std::filesystem::path tensorboard{};

  // For the record.
  std::string tokenizer{};
  std::string zero_shot_template{};  // as a person said it
};

struct RunResult {
  std::optional<TuneResult> tuned{};   // of what is tuned
  std::optional<Learned> learned{};    // none of zero-shot
  std::vector<Evaluation> targets{};   // in the order of the spec's; none for an interrupted run
  std::optional<Metrics> zero_shot{};  // of the first target, where a comparison was asked for
  std::optional<HeldOut> held_out{};   // where a forecast was asked for and such images are there
  std::string held_out_failure{};      // why there is none, where it was tried
  std::vector<std::string> skipped{};  // damaged test images, each once
};

// Learns, tests and leaves a run folder (run_folder.h) with its events (event_log.h): the prompt is
// there before anything else can fail, the record again after the tests. A state after every epoch
// is what an interrupted run is resumed from, by the same settings and images but for the learning
// rate; a run that is watched epoch by epoch begins anew instead. Throws Error for a finished run
// that is to be resumed, and for other settings than it was begun with, naming the first that
// differs; an error amid the run says where the last whole epoch is kept. The caller holds the
// folder's lock (run_lock.h). Of several ranks of the model, the first writes.
QPROMPT_API RunResult execute(Workbench& bench, const RunSpec& spec, const RunOptions& options);

}  // namespace qprompt
