#pragma once

#include <utility>

namespace qprompt {

// Throws the exception being handled again, as Error where it is neither Error nor Interrupted.
[[noreturn]] void rethrow_as_error();

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

}  // namespace qprompt
