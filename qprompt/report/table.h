#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/eval/metrics.h"

namespace qprompt::report {

// A text, or a number with perhaps a deviation, or nothing.
struct Cell {
  std::string text;
  std::optional<double> number;
  std::optional<double> deviation;

  Cell() = default;
  // Implicit, so that a row is written as a list of what is in it.
  // NOLINTBEGIN(google-explicit-constructor)
  Cell(std::string_view value) : text(value) {}
  Cell(const char* value) : text(value) {}
  Cell(const std::string& value) : text(value) {}
  Cell(double value) : number(value) {}
  Cell(const std::optional<double>& value) : number(value) {}
  // NOLINTEND(google-explicit-constructor)
  Cell(const MeanAndDeviation& value, bool several);  // no deviation of a single value
};

enum class Better { kNeither, kHigher, kLower };

struct Column {
  std::string name;
  bool is_number = false;
  int decimals = 0;
  Better better = Better::kNeither;
  bool is_signed = false;  // shown with a plus too

  static Column of_text(const std::string& name) { return {name}; }
  static Column of_count(const std::string& name) { return {name, true}; }
  static Column of_percent(const std::string& name, Better better = Better::kHigher) {
    return {name, true, 2, better};
  }
  static Column of_difference(const std::string& name) {
    return {name, true, 2, Better::kNeither, true};
  }
};

// What the page, CSV, Markdown and LaTeX show alike.
struct Table {
  std::string id;  // of files and links: small letters, digits and hyphens
  std::string title, note;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::size_t groups = 0;  // rows whose first `groups` cells are equal belong together

  bool has_deviations(std::size_t column) const;
};

// Whether a cell holds the best value of its column within its group, of several; as shown, so that
// equal ones are best together.
std::vector<std::vector<bool>> best_cells(const Table& table);

// "80.72", "+1.20"; nothing for no number.
std::string number_text(const Column& column, const std::optional<double>& number);

// `name` as an id: "Domain generalization" is "domain-generalization".
std::string id_of(std::string_view name);

}  // namespace qprompt::report
