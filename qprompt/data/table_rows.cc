#include "qprompt/data/table_rows.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/csv.h"
#include "qprompt/data/image.h"

namespace qprompt {
namespace {

using nlohmann::json;

constexpr const char* kExpectedRows =
    "expected a header with a path and a label (and perhaps a split), or rows path,label[,split]";

// The first that a table has is taken: names before numbers.
constexpr std::array kPathColumns{"path",     "image",      "file",       "filename",  "file_name",
                                  "filepath", "file_path",  "image_path", "imagepath", "img_path",
                                  "impath",   "image_file", "image_name", "img",       "photo"};
constexpr std::array kLabelColumns{"class_name", "classname", "label_name", "category_name",
                                   "label",      "class",     "category",   "class_label",
                                   "labels",     "species",   "breed",      "target"};
constexpr std::array kIdColumns{"label_id",    "class_id",    "category_id", "class_index",
                                "label_index", "class_idx",   "label_idx",   "label",
                                "class",       "class_label", "target"};
constexpr std::array kPartColumns{"subset", "split", "part", "partition", "set"};

std::string column_name(const std::string& text) { return folded_text(trimmed_text(text)); }

struct Columns {
  std::size_t path = 0, label = 1;
  std::optional<std::size_t> part, id;
  bool header = true;
};

template <std::size_t n>
std::optional<std::size_t> column_of(const std::vector<std::string>& names,
                                     const std::array<const char*, n>& known) {
  for (const char* name : known) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  return std::nullopt;
}

std::optional<Columns> columns_called(std::vector<std::string> names) {
  for (std::string& name : names) name = column_name(name);
  const auto path = column_of(names, kPathColumns);
  const auto label = column_of(names, kLabelColumns);
  if (!path || !label) return std::nullopt;
  names[*label].clear();  // is no id of itself
  return Columns{.path = *path,
                 .label = *label,
                 .part = column_of(names, kPartColumns),
                 .id = column_of(names, kIdColumns)};
}

// Rows without a header begin with an image.
std::optional<Columns> columns_of(const std::vector<std::string>& first) {
  if (const auto called = columns_called(first)) return called;
  const bool plain = (first.size() == 2 || first.size() == 3) && has_image_extension(first[0]);
  if (!plain) return std::nullopt;
  Columns columns{.part = {}, .id = {}, .header = false};
  if (first.size() == 3) columns.part = 2;
  return columns;
}

std::filesystem::path path_of(std::string_view written) {
  std::string text = trimmed_text(written);
  std::ranges::replace(text, '\\', '/');  // as Windows writes them
  return text;
}

TableRow checked(TableRow row) {
  row.label = trimmed_text(row.label);
  row.part = trimmed_text(row.part);
  require(!row.path.empty(), row.place, "an empty path");
  require(!row.label.empty(), row.place, "an empty label");
  return row;
}

TableRow row_of(const CsvRow& row, const Columns& columns, std::size_t width,
                const std::string& file) {
  TableRow entry{.place = file + ":" + std::to_string(row.line) + ": "};
  require(row.fields.size() == width, entry.place, row.fields.size(), " fields, the first row has ",
          width, "; ", kExpectedRows);
  entry.path = path_of(row.fields[columns.path]);
  entry.label = row.fields[columns.label];
  if (columns.part) entry.part = row.fields[*columns.part];
  if (columns.id) entry.id = trimmed_text(row.fields[*columns.id]);
  return checked(std::move(entry));
}

std::vector<std::string> unread_columns(const std::vector<std::string>& names,
                                        const Columns& columns) {
  std::vector<std::string> unread;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_read =
        i == columns.path || i == columns.label || i == columns.part || i == columns.id;
    if (!is_read && !trimmed_text(names[i]).empty()) unread.push_back(trimmed_text(names[i]));
  }
  return unread;
}

Table csv_table(std::vector<CsvRow> rows, const Columns& columns, const std::string& file) {
  Table table{.rows = {}, .has_parts = columns.part.has_value(), .unread = {}};
  const std::size_t width = rows.front().fields.size();
  if (columns.header) {
    table.unread = unread_columns(rows.front().fields, columns);
    if (columns.id) table.id_column = trimmed_text(rows.front().fields[*columns.id]);
    rows.erase(rows.begin());
  }
  for (const CsvRow& row : rows) table.rows.push_back(row_of(row, columns, width, file));
  return table;
}

std::size_t first_visible(std::string_view text) {
  return std::min(text.find_first_not_of(" \t\r\n"), text.size());
}

// That holds more than white space. Separators may stand before its first name, as before the names
// of a table whose rows are numbered.
std::string_view first_line(std::string_view text) {
  const std::size_t inside = first_visible(text);
  if (inside == text.size()) return {};
  const std::size_t begin = text.find_last_of("\r\n", inside) + 1;  // npos + 1 is 0
  return text.substr(begin, std::min(text.find_first_of("\r\n", inside), text.size()) - begin);
}

// Nothing where the line makes no sense with this separator.
std::optional<Columns> columns_under(char separator, std::string_view line) {
  try {
    const auto rows = parse_csv(line, "", separator);
    return rows.empty() ? std::nullopt : columns_of(rows.front().fields);
  } catch (const Error&) {
    return std::nullopt;
  }
}

Table separated_table(std::string_view text, const std::string& file) {
  for (const char separator : {',', ';', '\t', '|', ' '}) {
    const auto columns = columns_under(separator, first_line(text));
    if (columns) return csv_table(parse_csv(text, file, separator), *columns, file);
  }
  require(!first_line(text).empty(), file, ": no images: the table is empty");
  fail(file, ":1: '", first_line(text).substr(0, 100), "', ", kExpectedRows);
}

std::string text_of(const json& value, const std::string& place) {
  if (value.is_string()) return value.get<std::string>();
  require(value.is_number_integer(), place, value.dump().substr(0, 40),
          ", expected text or a number");
  return value.dump();
}

// {"file_name": "a.jpg", "label": "cat"} a line.
TableRow row_of(std::string_view line, int number, const std::string& file, Table& table) {
  TableRow row{.place = file + ":" + std::to_string(number) + ": "};
  const json object = json::parse(line, nullptr, false);
  require(object.is_object(), row.place, "not a JSON object");
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  const auto columns = columns_called(names);
  require(columns.has_value(), row.place, "'", line.substr(0, 100), "', ", kExpectedRows);
  const auto value = [&](std::size_t column) { return text_of(object[names[column]], row.place); };
  row.path = path_of(value(columns->path));
  row.label = value(columns->label);
  if (columns->part) row.part = value(*columns->part);
  if (columns->id) row.id = object[names[*columns->id]].dump();
  if (table.rows.empty()) {
    table.has_parts = columns->part.has_value();
    table.unread = unread_columns(names, *columns);
    if (columns->id) table.id_column = names[*columns->id];
  }
  require(table.has_parts == columns->part.has_value(), row.place,
          "a split in some rows only, expected it in all or none");
  return checked(std::move(row));
}

Table json_table(std::string_view text, const std::string& file) {
  Table table;
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    table.rows.push_back(row_of(line, number, file, table));
  }
  return table;
}

}  // namespace

Table table_rows(std::string_view text, const std::filesystem::path& file) {
  return text.substr(first_visible(text)).starts_with('{') ? json_table(text, file.string())
                                                           : separated_table(text, file.string());
}

}  // namespace qprompt
