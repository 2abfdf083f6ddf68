#pragma once

#include <string>
#include <utility>

#include "c/qprompt.h"
#include "qprompt/core/error.h"

// The border to C: what is wrong with a call is an exception within, a status and a line outside.
namespace qprompt::c {

// A call that is wrong whatever the files hold.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

inline void require_argument(bool condition, const std::string& message) {
  if (!condition) throw InvalidArgument(message);
}

template <typename T>
T& needed(T* pointer, const char* name) {
  require_argument(pointer != nullptr, std::string(name) + " is NULL");
  return *pointer;
}

// The status of the exception being handled, whose line becomes this thread's last error.
qprompt_status failure();
const char* last_error();

// No exception leaves through C.
template <typename Work>
qprompt_status guarded(Work&& work) noexcept {
  try {
    work();
    return QPROMPT_OK;
  } catch (...) {
    return failure();
  }
}

// The same for what makes a handle: it is NULL unless all went well.
template <typename Handle, typename Work>
qprompt_status make(Handle** handle, const char* name, Work&& work) noexcept {
  return guarded([&] {
    Handle*& made = needed(handle, name);
    made = nullptr;
    made = new Handle(work());
  });
}

}  // namespace qprompt::c
