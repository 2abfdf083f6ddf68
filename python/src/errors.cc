#include "python/src/bindings.h"
#include "qprompt/core/error.h"

namespace nb = nanobind;

namespace qprompt::python {

void bind_errors(nb::module_& module) {
  nb::exception<Error> error(module, "Error", PyExc_ValueError);
  error.doc() = "One line that says what came and what was expected.";
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Interrupted&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

}  // namespace qprompt::python
