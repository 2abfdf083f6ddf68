#include "qprompt/quant/kmeans.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace qprompt {
namespace {

// The ends of k consecutive runs: run j is [ends[j - 1], ends[j]), and the last end is n.
using Ends = std::vector<std::size_t>;

std::vector<float> means(const WeightedValues& points, const Ends& ends) {
  std::vector<float> centroids;
  std::size_t first = 0;
  for (const std::size_t last : ends) {
    centroids.push_back(static_cast<float>(points.mean(first, last)));
    first = last;
  }
  return centroids;
}

Ends one_run_each(const WeightedValues& points) {
  Ends ends(points.size());
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = i + 1;
  return ends;
}

Ends best_two_runs(const WeightedValues& points) {
  const std::size_t n = points.size();
  double best = -1;
  std::size_t cut = 1;
  for (std::size_t i = 1; i < n; ++i) {
    const double gain = points.gain(0, i) + points.gain(i, n);
    if (gain > best) {
      best = gain;
      cut = i;
    }
  }
  return {cut, n};
}

// best_j[i] = max over m of best_{j-1}[m] + gain(m, i): the largest gain of j runs over the first i
// points. The first m that is best never decreases with i (the quadrangle inequality), so each
// layer is solved by halving: the middle i first, its m then bounds both sides.
class PartitionSearch {
 public:
  PartitionSearch(const WeightedValues& points, std::size_t k)
      : points_(points), k_(k), n_(points.size()), previous_(n_ + 1), current_(n_ + 1) {}

  Ends run() {
    for (std::size_t i = 1; i <= n_; ++i) previous_[i] = points_.gain(0, i);
    for (std::size_t j = 2; j <= k_; ++j) {
      starts_.emplace_back(n_ + 1);
      const std::size_t first = j == k_ ? n_ : j;  // the last layer is asked for all points only
      solve(j, first, n_, j - 1, n_ - 1);
      std::swap(previous_, current_);
    }
    return ends();
  }

 private:
  void solve(std::size_t j, std::size_t first, std::size_t last, std::size_t low,
             std::size_t high) {
    if (first > last) return;
    const std::size_t middle = (first + last) / 2;
    const std::size_t start = best_start(middle, low, std::min(high, middle - 1));
    starts_[j - 2][middle] = static_cast<std::uint32_t>(start);
    solve(j, first, middle - 1, low, start);
    solve(j, middle + 1, last, start, high);
  }

  std::size_t best_start(std::size_t i, std::size_t low, std::size_t high) {
    double best = -1;
    std::size_t start = low;
    for (std::size_t m = low; m <= high; ++m) {
      const double gain = previous_[m] + points_.gain(m, i);
      if (gain > best) {
        best = gain;
        start = m;
      }
    }
    current_[i] = best;
    return start;
  }

  Ends ends() const {
    Ends ends(k_);
    std::size_t end = n_;
    for (std::size_t j = k_; j > 1; --j) {
      ends[j - 1] = end;
      end = starts_[j - 2][end];
    }
    ends[0] = end;
    return ends;
  }

  const WeightedValues& points_;
  std::size_t k_;
  std::size_t n_;
  std::vector<double> previous_, current_;          // best_{j-1}, best_j
  std::vector<std::vector<std::uint32_t>> starts_;  // [j - 2][i]: where the last of j runs starts
};

std::vector<float> quantiles(const WeightedValues& points, std::size_t k) {
  std::vector<float> centroids;
  const double total = points.count(0, points.size());
  std::size_t at = 0;
  for (std::size_t j = 0; j < k; ++j) {
    const double rank = (static_cast<double>(j) + 0.5) / static_cast<double>(k) * total;
    while (points.count(0, at + 1) < rank) ++at;
    const auto centroid = static_cast<float>(points.value(at));
    if (centroids.empty() || centroid > centroids.back()) centroids.push_back(centroid);
  }
  return centroids;
}

// The first point beyond `threshold`, from `first` on.
std::size_t first_above(const WeightedValues& points, double threshold, std::size_t first) {
  std::size_t last = points.size();
  while (first < last) {
    const std::size_t middle = (first + last) / 2;
    if (points.value(middle) > threshold) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return first;
}

// Runs of the points by nearest centroid; a centroid that is nearest to none has no run.
Ends nearest_runs(const WeightedValues& points, const std::vector<float>& centroids) {
  Ends ends;
  std::size_t first = 0;
  for (std::size_t j = 0; j < centroids.size(); ++j) {
    const bool is_last = j + 1 == centroids.size();
    const std::size_t end =
        is_last ? points.size()
                : first_above(points, 0.5 * (double{centroids[j]} + centroids[j + 1]), first);
    if (end > first) ends.push_back(end);
    first = end;
  }
  return ends;
}

}  // namespace

std::vector<float> optimal_centroids(const WeightedValues& points, std::size_t k) {
  if (points.size() <= k) return means(points, one_run_each(points));
  if (k == 1) return means(points, {points.size()});
  if (k == 2) return means(points, best_two_runs(points));
  return means(points, PartitionSearch(points, k).run());
}

std::vector<float> lloyd_centroids(const WeightedValues& points, std::size_t k) {
  constexpr int kMaxIterations = 1000;
  std::vector<float> centroids = quantiles(points, k);
  Ends ends;
  for (int iteration = 0; iteration < kMaxIterations; ++iteration) {
    Ends next = nearest_runs(points, centroids);
    if (next == ends) break;
    ends = std::move(next);
    centroids = means(points, ends);
  }
  return centroids;
}

}  // namespace qprompt
