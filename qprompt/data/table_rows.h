#pragma once

// Inside data/ only: the rows of a table of images, whatever its kind.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

struct TableRow {
  std::string place;  // for messages: file and line
  std::filesystem::path path{};
  std::string label{};
  std::string part{};  // empty where the table has no such column
  std::string id{};    // likewise: what may number the classes beside their names
};

struct Table {
  std::vector<TableRow> rows;
  bool has_parts = false;
  std::string id_column{};
  std::vector<std::string> unread;  // columns that are none of these
};

// CSV with commas, semicolons, tabs, bars or spaces, or JSON lines, with the column names that
// people use; without a header path, label and perhaps part. Throws Error saying what the first
// line holds where it is neither.
Table table_rows(std::string_view text, const std::filesystem::path& file);

}  // namespace qprompt
