#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"
#include "qprompt/run/description.h"
#include "qprompt/run/method.h"

namespace qprompt {

// Data as runs refer to them: read once, shared by all runs.
struct RunData {
  RunData(Dataset dataset, DataDescription description);

  Dataset dataset;
  DataDescription description;
  // Of the names and labels of the images that are learned from and chosen by, and of those that
  // are tested on, with the class names: the same wherever the data lie.
  std::uint64_t source_hash = 0, test_hash = 0;
};

// The test images of a data set, or of half its classes, asked among its own classes.
struct Target {
  std::string name;  // "base", "new", "test", or the data set's
  std::shared_ptr<const RunData> data;
  ClassSubset classes = ClassSubset::kAll;
};

// All that decides what comes out of a run: tables, sweeps and studies are lists of these.
struct RunSpec {
  std::string experiment{};  // "train", "base-to-new", "noise"
  Method method{};
  std::map<std::string, std::string>
      varied{};                           // what the runs of a study differ in, as it is shown
  std::shared_ptr<const RunData> data{};  // learned from
  std::vector<Target> targets{};
  // Every target is tested after every epoch, and what becomes of the weights is recorded.
  bool by_epoch = false;
  std::optional<PresetUse> preset{};
};

// The row's name: "qcoop bits=2".
QPROMPT_API std::string label_of(const RunSpec& spec);

// Equal for equal runs, wherever the data and the records lie: a hash of the settings, of the
// images' names, labels and classes that are learned from and tested on, of the model, the number
// format and the program's version.
QPROMPT_API std::uint64_t run_hash(const RunSpec& spec, const Model& model);

// A name for the run's folder that a person can read, with the hash behind it:
// "base-to-new/caltech101-base-qcoop-16shots-seed1-3f2a91bc".
QPROMPT_API std::string folder_name(const RunSpec& spec, std::uint64_t hash);

// Throws Error where a target has no test images, and where the method cannot answer for its
// classes.
QPROMPT_API void require_possible(const RunSpec& spec, const Model& model);

}  // namespace qprompt
