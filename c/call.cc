#include "c/call.h"

#include <algorithm>
#include <array>
#include <new>

namespace qprompt::c {
namespace {

// Room that is always there: memory may be what is lacking.
thread_local std::array<char, 2048> line_of_last{};

qprompt_status remember(qprompt_status status, const char* message) {
  const std::size_t length =
      std::min(std::char_traits<char>::length(message), line_of_last.size() - 1);
  std::copy_n(message, length, line_of_last.begin());
  line_of_last[length] = '\0';
  return status;
}

}  // namespace

qprompt_status failure() {
  try {
    throw;
  } catch (const InvalidArgument& error) {
    return remember(QPROMPT_INVALID_ARGUMENT, error.what());
  } catch (const OutOfMemory& error) {
    return remember(QPROMPT_OUT_OF_MEMORY, error.what());
  } catch (const std::bad_alloc&) {
    return remember(QPROMPT_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return remember(QPROMPT_ERROR, error.what());
  } catch (...) {
    return remember(QPROMPT_ERROR, "an exception of an unknown type");
  }
}

const char* last_error() { return line_of_last.data(); }

}  // namespace qprompt::c
