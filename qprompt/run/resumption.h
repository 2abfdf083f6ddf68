#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/run/choosing.h"
#include "qprompt/run/execute.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/train/training_state.h"

namespace qprompt {

// What an interrupted run left in its folder to go on with, and what must be the same for that.
// Model, spec and options outlive it.
class Resumption {
 public:
  Resumption(const Model& model, const RunSpec& spec, const RunOptions& options)
      : model_(model), spec_(spec), options_(options) {}

  std::filesystem::path state_path() const { return options_.folder / kStateName; }

  // A choice goes on as a choice, and a training as a training: throws Error for the other.
  void require_same_kind() const;

  // The settings of a training as a line, but for the learning rate, which may be another one: a
  // run that diverged goes on from its last good epoch with a smaller one.
  std::string settings_of(const LearnConfig& config) const;
  // Without a state there was no finished epoch, and the run begins. Throws Error for a finished
  // run, and for a state of other settings, naming the first that differs.
  std::optional<TrainingState> state(const std::string& settings) const;

  // All that decides what is chosen, but for the time that it may take, as a hash.
  std::string choice() const;
  // Throws Error where another choice was being made.
  TriedBefore tried() const;

 private:
  void add_circumstances(nlohmann::ordered_json& settings) const;

  const Model& model_;
  const RunSpec& spec_;
  const RunOptions& options_;
};

}  // namespace qprompt
