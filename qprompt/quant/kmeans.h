#pragma once

#include <vector>

#include "qprompt/quant/weighted_values.h"

namespace qprompt {

// Clusters of scalars are runs of the ascending values, so k clusters are k - 1 cuts. Both return
// ascending centroids, at most k; fewer where there are fewer distinct values (optimal_centroids
// then returns exactly those) or where Lloyd's start loses a cluster.

// The exact optimum by dynamic programming: O(n) for k <= 2, else O(k n log n) time, O(k n) memory.
std::vector<float> optimal_centroids(const WeightedValues& points, std::size_t k);

// Lloyd's iteration from the quantiles (i + 1/2) / k until no value changes its cluster.
std::vector<float> lloyd_centroids(const WeightedValues& points, std::size_t k);

}  // namespace qprompt
