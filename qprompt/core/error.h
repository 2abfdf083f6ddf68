#pragma once

#include <exception>
#include <sstream>
#include <stdexcept>
#include <string>

#include "qprompt/core/export.h"
#include "qprompt/core/printable.h"

namespace qprompt {

// The one exception of the library: a single line that names what came and what was expected,
// printable (printable.h) whatever the names in it are.
class QPROMPT_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(printable(message)) {}
};

// Memory was lacking; what was read may be in order. A skipped damaged image it is not.
class QPROMPT_API OutOfMemory : public Error {
 public:
  using Error::Error;
};

// Thrown where a caller's `stop` answered true and there is nothing to hand over yet.
class QPROMPT_API Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// Throws Error with the parts written one after another.
template <typename... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(message.str());
}

// `require(n > 0, "sample_shots: ", n, " images, expected at least one")`
template <typename... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) fail(parts...);
}

}  // namespace qprompt
