#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "qprompt/experiment/request.h"

namespace qprompt {

// What is learned from, and what is tested.
enum class Protocol : std::uint8_t {
  kBaseToNew,  // learned from the first half of the classes; tested on both, each among its own
  kFewShot,    // learned from a few images of all classes, tested on them
  kTransfer    // learned from all classes of one data set, tested on it and on others
};

// An experiment of the field, or a study of the paper (QPrompt, ECCV 2024).
struct Experiment {
  std::string name, what;
  Protocol protocol = Protocol::kBaseToNew;
  bool by_epoch = false;               // tested after every epoch
  std::vector<std::string> methods{};  // where none are asked for
  std::vector<int> shots{16};
  std::vector<std::string> values{};           // of what a study varies
  std::vector<std::string> data{}, targets{};  // where none are asked for
};

std::span<const Experiment> experiments();
// Throws Error naming the nearest, and all there are.
const Experiment& experiment_called(const std::string& name);

// One row of an experiment's table.
struct Row {
  std::string method;                           // of the tables
  std::map<std::string, std::string> varied{};  // as it is shown
  Settings settings{};                          // that make the difference
};
// The methods, or what a study makes of each of them with each value.
std::vector<Row> rows_of(const Experiment& experiment, const std::vector<std::string>& methods,
                         const std::vector<std::string>& values);

}  // namespace qprompt
