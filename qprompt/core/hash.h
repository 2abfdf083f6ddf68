#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace qprompt {

// XXH3, 64 bits. Stored in prompt files and cache keys: never changes.
std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed = 0);
std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0);
std::string hex64(std::uint64_t value);  // 16 lower-case digits

// XXH3, 128 bits: for what millions of things are told apart by.
struct Hash128 {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Hash128&) const = default;
};
Hash128 hash128(std::span<const std::byte> bytes, std::uint64_t seed = 0);

// hash64() of bytes that come in pieces: the same as of all of them together.
class StreamHash {
 public:
  explicit StreamHash(std::uint64_t seed = 0);
  ~StreamHash();
  StreamHash(const StreamHash&) = delete;
  StreamHash& operator=(const StreamHash&) = delete;

  void add(std::span<const std::byte> bytes);
  std::uint64_t hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qprompt
