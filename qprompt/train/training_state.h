#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/quant/quantizer_state.h"
#include "qprompt/train/epoch_report.h"

namespace qprompt {

// Parameter values with the quantizer that belongs to them.
struct QuantizedValues {
  ParameterMap values;
  QuantizerState quantizer;
};

// Everything that a run needs to go on after an epoch as if it had never been interrupted.
struct TrainingState {
  std::int64_t steps = 0;
  ParameterMap velocity, squares;  // of the optimizer
  QuantizedValues current;
  QuantizedValues chosen;  // best so far on validation images, or the weighted sum over epochs
  int chosen_epoch = 0;    // of the best one
  std::vector<EpochReport> epochs;
};

// `settings` is what must be the same for a run to go on, a JSON object of fields;
// load_state_file() throws Error with the first that differs in the file.
void save_state_file(const TrainingState& state, const std::string& settings,
                     const std::filesystem::path& path);
TrainingState load_state_file(const std::filesystem::path& path, const std::string& settings);

}  // namespace qprompt
