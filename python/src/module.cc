#include "python/src/bindings.h"

// The package qprompt (python/qprompt) gives these the interface that people see.
NB_MODULE(_native, module) {
  using namespace qprompt::python;
  bind_errors(module);
  bind_model(module);
  bind_prompt(module);
  bind_dataset(module);
  bind_classifier(module);
  bind_learning(module);
  bind_experiments(module);
  bind_records(module);
  bind_program(module);
}
