#include "qprompt/run/weight_statistics.h"

#include <algorithm>
#include <cmath>

namespace qprompt {

WeightStatistics weight_statistics(const Matrix& values) {
  const Eigen::ArrayXXd w = values.cast<double>().array();
  WeightStatistics statistics{.mean = w.mean(), .low = w.minCoeff(), .high = w.maxCoeff()};
  statistics.std = std::sqrt((w - statistics.mean).square().mean());
  statistics.counts.resize(statistics.high > statistics.low ? WeightStatistics::kBins : 1);
  const double width = statistics.width();
  const auto last = static_cast<int>(statistics.counts.size()) - 1;
  for (const float value : values_of(values)) {
    const int bin = width > 0 ? static_cast<int>((value - statistics.low) / width) : 0;
    ++statistics.counts[std::min(bin, last)];
  }
  return statistics;
}

}  // namespace qprompt
