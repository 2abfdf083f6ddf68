#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/core/utc_time.h"

namespace qprompt {

// kKilled: begun, and nobody works on it; kUnreadable: its record or its events are damaged.
enum class RunStatus : std::uint8_t {
  kRunning,
  kFinished,
  kInterrupted,
  kFailed,
  kKilled,
  kUnreadable
};
inline auto enum_names(RunStatus) {
  return std::array{"running", "finished", "interrupted", "failed", "killed", "unreadable"};
}

// What a run has answered for one list of test images.
struct RunTarget {
  std::string name;
  std::int64_t images = 0;
  double accuracy = 0;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("name", name, "base, new, test or the data set's name");
    visit("images", images, "");
    visit("accuracy", accuracy, "0..1");
  }
  bool operator==(const RunTarget&) const = default;
};

// A run as a list shows it, whether it has its record yet or not.
struct ListedRun {
  std::string name;  // its folder below the one that was asked for, "." where it is that
  RunStatus status = RunStatus::kFinished;
  std::string experiment{}, label{}, dataset{};
  int shots = 0;
  std::uint64_t seed = 0, train_seed = 0;
  int epoch = 0, epochs = 0;  // done, of how many; 0 of what learns without steps
  double seconds = 0;         // it has worked, or works
  double quiet_seconds = 0;   // since the last event, of one that is running
  std::string host{};         // that works on it, or did; empty where that is not known
  std::int64_t process = 0;
  std::string error{};  // of one that failed or cannot be read

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("name", name, "folder");
    visit("status", status, "running, finished, interrupted, failed, killed or unreadable");
    visit("experiment", experiment, "");
    visit("label", label, "the method, and what the experiment varied");
    visit("dataset", dataset, "");
    visit("shots", shots, "training images a class; 0: all, or none of zero-shot");
    visit("seed", seed, "");
    visit("train_seed", train_seed, "");
    visit("epoch", epoch, "epochs done");
    visit("epochs", epochs, "of how many; 0: of none");
    visit("seconds", seconds, "");
    visit("quiet_seconds", quiet_seconds, "since the last event, of one that is running");
    visit("host", host, "");
    visit("process", process, "its number on its host");
    visit("error", error, "");
  }

  std::vector<RunTarget> targets{};  // of one that is finished
};

// All runs in `folder` and below, in the order of their names: whatever holds a record or events.
// Running is one whose lock (run_lock.h) somebody holds; of others the last event tells, or the
// record where that is newer. Damage of one run is its status, not an Error. Throws Error for a
// folder that cannot be read.
std::vector<ListedRun> list_runs(const std::filesystem::path& folder, UtcTime now = utc_now());

}  // namespace qprompt
