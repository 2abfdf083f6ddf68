#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/core/shard.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/run/execute.h"

namespace qprompt {

// What became of a run of a list.
enum class RunFate {
  kFinished,   // now
  kThere,      // its record was there
  kElsewhere,  // another process works on it
  kFailed      // its message says why
};

struct RunOutcome {
  std::filesystem::path folder{};
  RunFate fate = RunFate::kFinished;
  std::string message{};               // of one that failed
  std::vector<std::string> skipped{};  // damaged images
  std::vector<ScarceClass> scarce{};   // classes with fewer training images than shots
};

struct SweepOptions {
  std::filesystem::path records{};  // run folders lie below it
  Shard shard{};                    // the runs of the list that this process takes
  std::string tokenizer{};
  std::filesystem::path tensorboard{};   // a folder for each run below it; empty: none
  std::function<Observer()> on_begin{};  // before a run that is not there: who watches it
  std::function<void(const TuneProgress&)> on_choosing{};
  std::function<void(std::size_t position, const RunSpec& spec, const RunOutcome& outcome)>
      on_end{};
};

// Does those runs of the list whose records are not there yet. A run that fails (diverged, say)
// does not keep the others from theirs. Processes that share `records` never do the same run at
// once. Throws Interrupted where an observer's stop says so, Error where a run is not possible at
// all, before any begins.
QPROMPT_API std::vector<RunOutcome> run_all(Workbench& bench, const std::vector<RunSpec>& runs,
                                            const SweepOptions& options);

// The records that are there of these runs, in their order.
std::vector<std::filesystem::path> finished_records(const std::filesystem::path& records,
                                                    const std::vector<RunSpec>& runs,
                                                    const Model& model);

// Where the record of a run lies, or will.
QPROMPT_API std::filesystem::path record_path(const std::filesystem::path& records,
                                              const RunSpec& spec, const Model& model);

}  // namespace qprompt
