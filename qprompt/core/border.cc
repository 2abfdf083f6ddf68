#include "qprompt/core/border.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "qprompt/core/error.h"

namespace qprompt {

void rethrow_as_error() {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw OutOfMemory("out of memory");
  } catch (const std::exception& error) {
    std::string line = error.what();  // of other libraries, which may write several
    std::replace(line.begin(), line.end(), '\n', ' ');
    throw Error(line);
  } catch (...) {
    fail("an exception of an unknown type");
  }
}

void rethrow_naming(const std::string& name) {
  try {
    rethrow_as_error();
  } catch (const OutOfMemory& error) {
    throw OutOfMemory(name + ": " + error.what());
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (message.find(printable(name)) != std::string_view::npos) throw;
    fail(name, ": ", message);
  }
}

}  // namespace qprompt
