#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt {

// Reads a pickle from its first byte to its last, never beyond.
class PickleCursor {
 public:
  PickleCursor(std::span<const std::byte> bytes, std::string origin)
      : bytes_(bytes), origin_(std::move(origin)) {}

  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(origin_, ": damaged or hostile pickle: ", parts..., " (at byte ", position_, ")");
  }

  template <typename... Parts>
  void expect(bool condition, const Parts&... parts) const {
    if (!condition) refuse(parts...);
  }

  std::string_view take(std::uint64_t count) {
    const std::size_t left = bytes_.size() - position_;
    expect(count <= left, "needs ", count, " bytes, ", left, " are left");
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  // Up to the next line feed, which is read and left out.
  std::string_view line() {
    const auto rest = bytes_.subspan(position_);
    const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
    expect(end != nullptr, "a name without end");
    const std::size_t length = static_cast<const std::byte*>(end) - rest.data();
    return take(length + 1).substr(0, length);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string origin_;
  std::size_t position_ = 0;
};

}  // namespace qprompt
