#pragma once

#include <string>
#include <utility>

namespace qprompt {

// Throws the exception being handled again, as Error where it is neither Error nor Interrupted.
[[noreturn]] void rethrow_as_error();
// The same, with `name` before the message unless it stands in it.
[[noreturn]] void rethrow_naming(const std::string& name);

// The library's border: every public function does its work in here, so that nothing leaves it but
// Error and Interrupted, whichever library threw.
template <typename Work>
decltype(auto) at_border(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    rethrow_as_error();
  }
}

// Work on a file by code that does not know it: every error of it names the file.
template <typename Work>
decltype(auto) naming(const std::string& file, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    rethrow_naming(file);
  }
}

}  // namespace qprompt
