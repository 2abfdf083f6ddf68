#include "qprompt/data/csv.h"

#include <algorithm>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& name, char separator)
      : rest_(text), name_(name), separator_(separator), ends_{separator, '\r', '\n'} {}

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (!rest_.empty()) {
      if (skip_blank_line()) continue;
      CsvRow row = next_row();
      const bool blank =
          row.fields.size() == 1 && row.fields[0].find_first_not_of(" \t") == std::string::npos;
      if (!blank) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool skip_blank_line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) return false;
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++line_;
    return true;
  }

  CsvRow next_row() {
    CsvRow row{.line = line_, .fields = {}};
    do row.fields.push_back(next_field());
    while (take(separator_));
    if (take('\r'))
      require(rest_.empty() || rest_.front() == '\n', here(), "stray carriage return");
    if (take('\n')) ++line_;
    return row;
  }

  std::string next_field() {
    if (take('"')) return quoted_field();
    const std::size_t end = std::min(rest_.find_first_of(ends_), rest_.size());
    std::string field(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return field;
  }

  std::string quoted_field() {
    std::string field;
    const int begin = line_;
    while (true) {
      require(!rest_.empty(), name_, ":", begin, ": a quoted field does not end");
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"' && !take('"')) break;
      if (c == '\n') ++line_;
      field += c;
    }
    require(rest_.empty() || ends_.find(rest_.front()) != std::string::npos, here(),
            "text after a closing quote, expected '", separator_, "'");
    return field;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string here() const { return name_ + ":" + std::to_string(line_) + ": "; }

  std::string_view rest_;
  const std::string& name_;
  char separator_;
  std::string ends_;  // of a field
  int line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name, char separator) {
  return CsvParser(text, name, separator).rows();
}

}  // namespace qprompt
