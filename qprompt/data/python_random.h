#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace qprompt {

// Python's `random` as far as published few-shot splits depend on it.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);  // random.seed(seed)

  // random.sample(range(n), count), in the order of drawing; count <= n.
  std::vector<std::size_t> sample(std::size_t n, std::size_t count);

 private:
  std::size_t below(std::size_t n);  // random.randrange(n), n < 2^32

  std::mt19937 engine_;
};

}  // namespace qprompt
