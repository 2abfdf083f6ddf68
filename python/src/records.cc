#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "python/src/bindings.h"
#include "qprompt/report/report.h"
#include "qprompt/report/table_text.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

namespace fs = std::filesystem;

// The JSON of each record, and what was left out.
std::pair<std::vector<std::string>, std::vector<std::string>> records_in(
    const std::vector<fs::path>& places) {
  const nb::gil_scoped_release release;
  report::Records records = report::read_records(places);
  std::vector<std::string> texts;
  for (report::RunRecord& run : records.runs) texts.push_back(std::move(run.json));
  return {std::move(texts), std::move(records.notices)};
}

// (id, title, CSV) of every table that a report of these records has.
std::vector<std::tuple<std::string, std::string, std::string>> tables_in(
    const std::vector<fs::path>& places) {
  const nb::gil_scoped_release release;
  const report::Report report = make_report(report::read_records(places));
  std::vector<std::tuple<std::string, std::string, std::string>> tables;
  for (const report::Table* table : tables_of(report)) {
    tables.emplace_back(table->id, table->title, csv(*table));
  }
  return tables;
}

}  // namespace

void bind_records(nb::module_& module) {
  module.def("records", records_in, nb::arg("places"));
  module.def("report_tables", tables_in, nb::arg("places"));
}

}  // namespace qprompt::python
