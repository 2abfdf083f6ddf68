#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "qprompt/report/figure.h"
#include "qprompt/report/read_records.h"
#include "qprompt/report/table.h"

namespace qprompt::report {

using Block = std::variant<Table, Figure>;

// One experiment, or what is said of all of them.
struct Section {
  std::string id, title, text;
  std::vector<Block> blocks;
};

struct Report {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  // what was run, on what
  std::vector<std::string> notices;
  std::vector<Section> sections;
};

// Everything that records show: a section for each experiment, then what they cost, paired
// differences and single runs.
Report make_report(const Records& records);

// Of all sections, in order; not the data of figures.
std::vector<const Table*> tables_of(const Report& report);

nlohmann::ordered_json as_json(const Report& report);

}  // namespace qprompt::report
