#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "qprompt/experiment/request.h"

namespace qprompt {

// Data of one's own under a name that experiments of the plan use.
struct PlanData {
  std::string path, split, class_names;
};

// A plan file (docs/experiments.md): what `qprompt sweep` does. Paths in it are relative to it.
struct Plan {
  struct Entry {
    std::string place;  // "plan.toml:12:1", for messages about it
    std::string model;
    ExperimentRequest request;
  };

  std::string data_root;          // of data sets by name; empty: as elsewhere
  std::filesystem::path records;  // beside the plan, called as it is, by default
  std::map<std::string, PlanData> data;
  std::vector<Entry> experiments;
};

// Throws Error with file, line and column for text that is no TOML and for what is unknown in it,
// naming the nearest word.
Plan read_plan(const std::filesystem::path& path);

}  // namespace qprompt
