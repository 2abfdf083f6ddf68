#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/quant/quantizer.h"
#include "qprompt/run/workbench.h"

namespace qprompt {

// How the values of one matrix are distributed.
struct WeightStatistics {
  static constexpr int kBins = 40;
  double mean = 0, std = 0, low = 0, high = 0;
  std::vector<std::int64_t> counts{};  // kBins bins of equal width between low and high

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("mean", mean, "");
    visit("std", std, "population standard deviation");
    visit("low", low, "smallest value");
    visit("high", high, "largest value");
    visit("counts", counts, "bins of equal width between low and high");
  }
};
WeightStatistics weight_statistics(const Matrix& values);

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
  Observer watching(Observer observer);

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
