#include "qprompt/data/python_random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <sstream>
#include <unordered_set>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr std::size_t kWords = std::mt19937::state_size;
using State = std::array<std::uint32_t, kWords>;

State state_after_seed(std::uint32_t seed) {
  std::stringstream text;
  text << std::mt19937(seed);
  State state;
  for (std::uint32_t& word : state) text >> word;
  return state;
}

std::mt19937 engine_with_state(const State& state) {
  std::stringstream text;
  for (const std::uint32_t word : state) text << word << ' ';
  text << kWords;  // libstdc++ also writes how many words are used up
  std::mt19937 engine;
  text >> engine;
  return engine;
}

// init_by_array of Matsumoto and Nishimura: the seeding that std::mt19937 lacks and Python uses.
std::mt19937 engine_from_key(const std::vector<std::uint32_t>& key) {
  State state = state_after_seed(19650218);
  std::size_t i = 1;
  const auto mix = [&](std::uint32_t factor) {
    state[i] ^= (state[i - 1] ^ (state[i - 1] >> 30)) * factor;
  };
  const auto advance = [&] {
    if (++i < kWords) return;
    state[0] = state[kWords - 1];
    i = 1;
  };
  for (std::size_t k = 0; k < kWords; ++k) {
    mix(1664525);
    state[i] += key[k % key.size()] + static_cast<std::uint32_t>(k % key.size());
    advance();
  }
  for (std::size_t k = 0; k < kWords - 1; ++k) {
    mix(1566083941);
    state[i] -= static_cast<std::uint32_t>(i);
    advance();
  }
  state[0] = 0x80000000;
  return engine_with_state(state);
}

std::vector<std::uint32_t> key_of(std::uint64_t seed) {
  std::vector<std::uint32_t> key{static_cast<std::uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32));
  return key;
}

// Up to this many items CPython shuffles a list, beyond it remembers what it has drawn.
std::size_t pool_limit(std::size_t count) {
  if (count <= 5) return 21;
  std::size_t power = 4;
  while (power < 3 * count) power *= 4;
  return 21 + power;
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : engine_(engine_from_key(key_of(seed))) {}

std::size_t PythonRandom::below(std::size_t n) {
  const auto bits = std::bit_width(n);
  while (true) {
    const std::size_t value = engine_() >> (32 - bits);
    if (value < n) return value;
  }
}

std::vector<std::size_t> PythonRandom::sample(std::size_t n, std::size_t count) {
  require(count <= n, "sample: ", count, " of ", n, " items");
  std::vector<std::size_t> drawn;
  if (n <= pool_limit(count)) {
    std::vector<std::size_t> pool(n);
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    for (; drawn.size() < count; pool.pop_back()) {
      std::size_t& taken = pool[below(pool.size())];
      drawn.push_back(taken);
      taken = pool.back();
    }
    return drawn;
  }
  std::unordered_set<std::size_t> seen;
  while (drawn.size() < count) {
    if (const std::size_t i = below(n); seen.insert(i).second) drawn.push_back(i);
  }
  return drawn;
}

}  // namespace qprompt
