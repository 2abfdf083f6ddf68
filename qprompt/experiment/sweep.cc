#include "qprompt/experiment/sweep.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_lock.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Whether the record is of this very run, and whole.
bool is_there(const fs::path& folder, std::uint64_t hash, const RunSpec& spec) {
  const fs::path path = folder / kReportName;
  if (!fs::exists(path)) return false;
  const nlohmann::json record = read_json_object(path);
  const auto run = record.find("run");
  require(run != record.end() && *run == hex64(hash), path.string(),
          ": the record of another run, expected ", hex64(hash));
  const auto targets = record.find("targets");
  return record.value("interrupted", true) == false && targets != record.end() &&
         targets->size() == spec.targets.size() && !fs::exists(folder / kStateName);
}

class Sweep {
 public:
  Sweep(Workbench& bench, const std::vector<RunSpec>& runs, const SweepOptions& options)
      : bench_(bench), runs_(runs), options_(options) {}

  std::vector<RunOutcome> all() const {
    for (const RunSpec& spec : runs_) require_possible(spec, bench_.model());
    std::vector<RunOutcome> outcomes;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (!options_.shard.takes(i)) continue;
      outcomes.push_back(one(i));
      if (options_.on_end) options_.on_end(i, runs_[i], outcomes.back());
    }
    return outcomes;
  }

 private:
  // Whatever is wrong with one run is told of that run.
  RunOutcome one(std::size_t position) const {
    const RunSpec& spec = runs_[position];
    const std::uint64_t hash = run_hash(spec, bench_.model());
    RunOutcome outcome{options_.records / folder_name(spec, hash)};
    try {
      outcome.fate = fate_of(outcome, position, hash);
    } catch (const Error& error) {
      outcome.fate = RunFate::kFailed;
      outcome.message = outcome.folder.filename().string() + ": " + error.what();
    }
    return outcome;
  }

  RunFate fate_of(RunOutcome& outcome, std::size_t position, std::uint64_t hash) const {
    const RunSpec& spec = runs_[position];
    if (is_there(outcome.folder, hash, spec)) return RunFate::kThere;
    const auto lock = RunLock::try_lock(outcome.folder);
    if (!lock) return RunFate::kElsewhere;
    if (is_there(outcome.folder, hash, spec)) return RunFate::kThere;  // since it was locked
    execute_in(outcome, position);
    return RunFate::kFinished;
  }

  void execute_in(RunOutcome& outcome, std::size_t position) const {
    const RunSpec& spec = runs_[position];
    RunOptions options{.folder = outcome.folder,
                       .resume = run_state(outcome.folder) == RunState::kUnfinished,
                       .tokenizer = options_.tokenizer};
    if (!options_.tensorboard.empty()) {
      options.tensorboard = options_.tensorboard / outcome.folder.filename();
    }
    if (options_.on_begin) options.observer = options_.on_begin();
    options.on_choosing = options_.on_choosing;
    const RunResult result = execute(bench_, spec, options);
    if (result.learned && result.learned->interrupted) throw Interrupted();
    outcome.skipped = result.skipped;
    if (result.learned) add_what_was_lacking(*result.learned, outcome);
  }

  static void add_what_was_lacking(const Learned& learned, RunOutcome& outcome) {
    outcome.scarce = learned.scarce;
    outcome.skipped.insert(outcome.skipped.end(), learned.skipped.begin(), learned.skipped.end());
  }

  Workbench& bench_;
  const std::vector<RunSpec>& runs_;
  const SweepOptions& options_;
};

}  // namespace

std::vector<RunOutcome> run_all(Workbench& bench, const std::vector<RunSpec>& runs,
                                const SweepOptions& options) {
  return at_border([&] { return Sweep(bench, runs, options).all(); });
}

std::vector<fs::path> finished_records(const fs::path& records, const std::vector<RunSpec>& runs,
                                       const Model& model) {
  return at_border([&] {
    std::vector<fs::path> there;
    for (const RunSpec& spec : runs) {
      const std::uint64_t hash = run_hash(spec, model);
      const fs::path folder = records / folder_name(spec, hash);
      try {
        if (is_there(folder, hash, spec)) there.push_back(folder / kReportName);
      } catch (const Error&) {  // told when the run was to be done
        continue;
      }
    }
    return there;
  });
}

fs::path record_path(const fs::path& records, const RunSpec& spec, const Model& model) {
  return records / folder_name(spec, run_hash(spec, model)) / kReportName;
}

}  // namespace qprompt
