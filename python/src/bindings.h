#pragma once

#include <nanobind/nanobind.h>

// One function for each file of bindings: adds its names to the module.
namespace qprompt::python {

void bind_errors(nanobind::module_& module);
void bind_model(nanobind::module_& module);
void bind_prompt(nanobind::module_& module);
void bind_dataset(nanobind::module_& module);
void bind_classifier(nanobind::module_& module);
void bind_learning(nanobind::module_& module);
void bind_experiments(nanobind::module_& module);
void bind_records(nanobind::module_& module);
void bind_program(nanobind::module_& module);

}  // namespace qprompt::python
