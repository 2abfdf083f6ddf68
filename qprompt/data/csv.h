#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

struct CsvRow {
  int line = 0;  // of the file, from 1, where the row begins
  std::vector<std::string> fields;
};

// RFC 4180, with any separator: quoted fields may hold separators, line ends and doubled quotes;
// rows end with LF or CRLF. Lines of white space are left out. Throws Error beginning with `name`
// and the line.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name, char separator = ',');

}  // namespace qprompt
