#pragma once

// What the fuzzers share. A target gives every input to a reader: an answer or a qprompt::Error is
// right; whatever else leaves `work`, and any report of a sanitizer, is a find.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "qprompt/core/error.h"

// Called by libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace qprompt::fuzz {

template <typename Work>
int answered(Work&& work) {
  try {
    work();
  } catch (const Error&) {
  } catch (const Interrupted&) {
  }
  return 0;
}

// What must hold of an answer.
inline void expect(bool condition) {
  if (!condition) __builtin_trap();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A file that lives in memory, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(memfd_create("input", 0)) {
    const auto size = static_cast<ssize_t>(content.size());
    require(::write(descriptor_, content.data(), content.size()) == size, "cannot write");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace qprompt::fuzz
