#pragma once

#include <cstdint>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// How the values of one matrix are distributed.
struct WeightStatistics {
  static constexpr int kBins = 40;
  double mean = 0, std = 0, low = 0, high = 0;
  std::vector<std::int64_t> counts{};  // see below

  double width() const { return (high - low) / static_cast<double>(counts.size()); }  // of a bin

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("mean", mean, "");
    visit("std", std, "population standard deviation");
    visit("low", low, "smallest value");
    visit("high", high, "largest value");
    visit("counts", counts, "bins of equal width between low and high");
  }
};

// Of kBins bins, each with its lower end, the last with both; values that are all equal have one
// bin. Of one value or more.
WeightStatistics weight_statistics(const Matrix& values);

}  // namespace qprompt
