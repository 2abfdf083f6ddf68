#include "qprompt/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "qprompt/core/slug.h"

namespace qprompt::report {
namespace {

// Texts of the cells by which rows belong together.
std::vector<std::string> group_of(const Table& table, const std::vector<Cell>& row) {
  std::vector<std::string> texts;
  texts.reserve(table.groups);
  for (std::size_t c = 0; c < table.groups; ++c) {
    texts.push_back(row[c].number ? number_text(table.columns[c], row[c].number) : row[c].text);
  }
  return texts;
}

double as_shown(const Column& column, double number) {
  return std::stod(number_text(column, number));
}

void mark_best(const Table& table, std::size_t c, const std::vector<std::size_t>& rows,
               std::vector<std::vector<bool>>& best) {
  const Column& column = table.columns[c];
  const double sign = column.better == Better::kHigher ? 1 : -1;
  std::vector<std::pair<double, std::size_t>> values;
  values.reserve(rows.size());
  for (const std::size_t r : rows) {
    const auto& number = table.rows[r][c].number;
    if (number) values.emplace_back(sign * as_shown(column, *number), r);
  }
  if (values.size() < 2) return;
  const double most = std::ranges::max(values).first;
  for (const auto& [value, r] : values) best[r][c] = value == most;
}

}  // namespace

Cell::Cell(const MeanAndDeviation& value, bool several) : number(value.mean) {
  if (several) deviation = value.deviation;
}

bool Table::has_deviations(std::size_t column) const {
  return std::ranges::any_of(rows,
                             [&](const auto& row) { return row[column].deviation.has_value(); });
}

std::vector<std::vector<bool>> best_cells(const Table& table) {
  std::vector<std::vector<bool>> best(table.rows.size(), std::vector<bool>(table.columns.size()));
  std::map<std::vector<std::string>, std::vector<std::size_t>> groups;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    groups[group_of(table, table.rows[r])].push_back(r);
  }
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].better == Better::kNeither) continue;
    for (const auto& [texts, rows] : groups) mark_best(table, c, rows, best);
  }
  return best;
}

std::string number_text(const Column& column, const std::optional<double>& number) {
  if (!number) return "";
  std::string text = fmt::format("{:.{}f}", *number, column.decimals);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  if (is_zero && text.starts_with('-')) text.erase(0, 1);
  return column.is_signed && !is_zero && *number > 0 ? "+" + text : text;
}

std::string id_of(std::string_view name) {
  const std::string id = slug(name);
  return id.empty() ? "table" : id;
}

}  // namespace qprompt::report
