#pragma once

#include <map>
#include <string>
#include <vector>

#include "qprompt/quant/quantizer.h"
#include "qprompt/run/weight_statistics.h"
#include "qprompt/run/workbench.h"

namespace qprompt {

// What one epoch left behind, beside its EpochReport.
struct EpochEntry {
  std::map<std::string, double> targets{};            // accuracies, 0..1
  std::map<std::string, WeightStatistics> weights{};  // of what is quantized or could be
};

// Watches a training: tests every target after every epoch, with the values as a file would hold
// them, and keeps the weights' distribution and the quantizer's divergences.
class EpochLog {
 public:
  EpochLog(Workbench& bench, const RunSpec& spec);

  // `observer` and this log watch together.
  Observer watching(const Observer& observer);

  const std::vector<EpochEntry>& epochs() const { return epochs_; }
  double seconds() const { return seconds_; }  // that watching took
  // At most some hundred of each matrix, evenly spaced, and all where it was clustered again.
  std::vector<Divergence> divergences() const;

 private:
  void add(const EpochValues& values);

  Workbench& bench_;
  const RunSpec& spec_;
  std::vector<EpochEntry> epochs_;
  std::vector<Divergence> divergences_;
  double seconds_ = 0;
};

}  // namespace qprompt
