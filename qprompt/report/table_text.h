#pragma once

#include <string>
#include <vector>

#include "qprompt/report/table.h"

namespace qprompt::report {

// A row of RFC 4180 with a line end: fields are quoted where they need it.
std::string csv_row(const std::vector<std::string>& fields);

// A column with deviations is followed by one with them ("base std"); numbers have two decimals
// more than are shown.
std::string csv(const Table& table);

// In columns, as a terminal shows it.
std::string plain_text(const Table& table);

// With the title as a heading; the best in bold.
std::string markdown(const Table& table);

// A table environment of booktabs, with the title as its caption and the id in its label.
std::string latex(const Table& table);

}  // namespace qprompt::report
