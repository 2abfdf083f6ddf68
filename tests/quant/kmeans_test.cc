// The optimum against all partitions, and against the plain quadratic dynamic programme.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "qprompt/core/half.h"
#include "qprompt/core/random.h"
#include "qprompt/quant/codebook.h"

namespace qprompt {
namespace {

// Sum of squared distances to the mean of sorted[first, last).
double run_distortion(const std::vector<float>& sorted, std::size_t first, std::size_t last) {
  double mean = 0;
  for (std::size_t i = first; i < last; ++i) mean += sorted[i];
  mean /= static_cast<double>(last - first);
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += (sorted[i] - mean) * (sorted[i] - mean);
  return sum;
}

// The best of all partitions of sorted[first, n) into at most k runs.
double best_of_all(const std::vector<float>& sorted, std::size_t first, int k) {
  if (first == sorted.size()) return 0;
  if (k == 0) return std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t last = first + 1; last <= sorted.size(); ++last) {
    best = std::min(best, run_distortion(sorted, first, last) + best_of_all(sorted, last, k - 1));
  }
  return best;
}

// The same for more values: distinct values with counts, O(k n^2).
double best_by_quadratic_search(const std::vector<float>& values, std::size_t k) {
  std::map<float, double> counts;
  for (const float value : values) counts[value] += 1;
  std::vector<double> n{0}, s{0}, q{0};
  for (const auto& [value, count] : counts) {
    n.push_back(n.back() + count);
    s.push_back(s.back() + count * value);
    q.push_back(q.back() + count * value * value);
  }
  const auto cost = [&](std::size_t a, std::size_t b) {
    return q[b] - q[a] - (s[b] - s[a]) * (s[b] - s[a]) / (n[b] - n[a]);
  };
  std::vector<double> best(n.size());
  for (std::size_t i = 1; i < n.size(); ++i) best[i] = cost(0, i);
  for (std::size_t j = 1; j < k; ++j) {
    for (std::size_t i = n.size() - 1; i > j; --i) {
      for (std::size_t m = j; m < i; ++m) best[i] = std::min(best[i], best[m] + cost(m, i));
    }
  }
  return best.back();
}

std::vector<float> random_values(Random& random, Index n, bool ties) {
  std::vector<float> values(n);
  for (float& value : values) {
    const double drawn = random.normal();
    value = static_cast<float>(ties ? std::round(2 * drawn) / 2 : drawn);
  }
  return values;
}

TEST(KMeansOptimum, EqualsTheBestOfAllPartitions) {
  Random random(7);
  for (int trial = 0; trial < 300; ++trial) {
    auto values = random_values(random, 1 + random.below(11), trial % 2 == 0);
    const int bits = 1 + trial % 3;
    const double found = distortion(Codebook::fit(values, bits), values);
    std::ranges::sort(values);
    EXPECT_NEAR(found, best_of_all(values, 0, 1 << bits), 1e-12) << "trial " << trial;
  }
}

TEST(KMeansOptimum, EqualsTheBestOfAllPartitionsFarFromZero) {
  Random random(8);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<float> values(9);
    for (float& value : values) value = 1e6F + static_cast<float>(random.uniform(-8, 8));
    const double found = distortion(Codebook::fit(values, 2), values);
    std::ranges::sort(values);
    // A centroid is a float: at 1e6 it may lie 1/32 beside the mean.
    EXPECT_NEAR(found, best_of_all(values, 0, 4), 9 * 0x1p-10) << "trial " << trial;
  }
}

TEST(KMeansOptimum, EqualsTheQuadraticSearchAtEveryWidth) {
  Random random(9);
  for (int bits = 1; bits <= 8; ++bits) {
    const auto values = random_values(random, 400, false);
    const double found = distortion(Codebook::fit(values, bits), values);
    EXPECT_NEAR(found, best_by_quadratic_search(values, std::size_t{1} << bits), 1e-10) << bits;
  }
}

TEST(KMeansOptimum, IsExactOnFp16ValuesHoweverMany) {
  Random random(10);
  for (const int bits : {1, 2, 4, 6}) {
    std::vector<float> values(40'000);
    for (float& value : values) value = std::round(static_cast<float>(40 * random.normal())) / 32;
    const double found = distortion(Codebook::fit(values, bits), values);
    const double expected = best_by_quadratic_search(values, std::size_t{1} << bits);
    EXPECT_NEAR(found, expected, 1e-9 * expected + 1e-9) << bits;
  }
}

TEST(KMeansOptimum, HardlyNoticesTheRoundingOfManyValues) {
  Random random(11);
  const auto many = random_values(random, 16'385, false);
  const std::vector<float> fewer(many.begin(), many.end() - 1);
  for (const int bits : {1, 3, 5}) {
    const double rounded = distortion(Codebook::fit(many, bits), many);
    const double exact = distortion(Codebook::fit(fewer, bits), fewer);
    EXPECT_NEAR(rounded, exact, 1e-3 * exact) << bits;
  }
}

TEST(KMeansOptimum, DoesNotDependOnTheScaleOfManyValues) {
  Random random(12);
  const auto values = random_values(random, 20'000, false);
  const Codebook codebook = Codebook::fit(values, 4);
  for (const float scale : {0x1p-60F, 0x1p60F}) {
    std::vector<float> scaled(values);
    for (float& value : scaled) value *= scale;
    const Codebook fitted = Codebook::fit(scaled, 4);
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_FLOAT_EQ(fitted.centroids()[i], scale * codebook.centroids()[i]);
    }
  }
}

TEST(Lloyd, IsNeverBetterThanTheOptimumAndNearItAtFewBits) {
  Random random(13);
  for (int bits = 1; bits <= 6; ++bits) {
    const auto values = random_values(random, 2000, false);
    const double optimum = distortion(Codebook::fit(values, bits), values);
    const double lloyd = distortion(Codebook::fit(values, bits, Levels::kLloydKMeans), values);
    EXPECT_GE(lloyd, optimum * (1 - 1e-9)) << bits;
    if (bits > 3) continue;  // with more, it is caught in a local optimum
    EXPECT_LE(lloyd, 1.1 * optimum) << bits;
  }
}

TEST(Lloyd, EndsWhereEveryCentroidIsTheMeanOfItsValues) {
  Random random(14);
  const auto values = random_values(random, 500, true);
  const Codebook codebook = Codebook::fit(values, 2, Levels::kLloydKMeans);
  for (std::size_t j = 0; j < codebook.centroids().size(); ++j) {
    double sum = 0;
    int count = 0;
    for (const float value : values) {
      if (codebook.code(value) != j) continue;
      sum += value;
      ++count;
    }
    ASSERT_GT(count, 0);
    EXPECT_NEAR(codebook.centroids()[j], sum / count, 1e-6);
  }
}

}  // namespace
}  // namespace qprompt
