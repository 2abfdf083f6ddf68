#pragma once

#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// A seeded stream of random numbers. Streams with different `purpose` are independent, so that
// drawing more of one thing never changes another.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t purpose = 0) {
    std::seed_seq words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                        static_cast<std::uint32_t>(purpose),
                        static_cast<std::uint32_t>(purpose >> 32)};
    engine_.seed(words);
  }

  std::uint64_t bits() { return engine_(); }
  // Uniform in [0, 1).
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Uniform in [0, n).
  Index below(Index n) { return static_cast<Index>(uniform() * static_cast<double>(n)); }
  double normal() { return normal_(engine_); }

  Matrix normal_matrix(Index rows, Index cols, double standard_deviation) {
    Matrix m(rows, cols);
    for (float& value : values_of(m)) value = static_cast<float>(standard_deviation * normal());
    return m;
  }

  Matrix uniform_matrix(Index rows, Index cols, double low, double high) {
    Matrix m(rows, cols);
    for (float& value : values_of(m)) value = static_cast<float>(uniform(low, high));
    return m;
  }

  std::vector<Index> permutation(Index n) {
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    for (Index i = n - 1; i > 0; --i) std::swap(order[i], order[below(i + 1)]);
    return order;
  }

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
};

}  // namespace qprompt
