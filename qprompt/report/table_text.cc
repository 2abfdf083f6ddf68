#include "qprompt/report/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "qprompt/core/printable.h"

namespace qprompt::report {
namespace {

using References = std::map<char, std::string>;

// What a mark-up language would read as its own, and line ends, as it shows them.
std::string escaped_for(const References& references, const std::string& text) {
  std::string result;
  for (const char c : escaped(text)) {
    const auto found = references.find(c);
    result += found == references.end() ? std::string(1, c) : found->second;
  }
  return result;
}

std::string markdown_text(const std::string& text) {
  static const References references{{'|', "\\|"}, {'\\', "\\\\"}, {'<', "&lt;"}, {'&', "&amp;"},
                                     {'*', "\\*"}, {'`', "\\`"},   {'[', "\\["},  {'_', "\\_"}};
  return escaped_for(references, text);
}

std::string latex_text(const std::string& text) {
  static const References references{{'&', "\\&"},
                                     {'%', "\\%"},
                                     {'$', "\\$"},
                                     {'#', "\\#"},
                                     {'_', "\\_"},
                                     {'{', "\\{"},
                                     {'}', "\\}"},
                                     {'~', "\\textasciitilde{}"},
                                     {'^', "\\textasciicircum{}"},
                                     {'\\', "\\textbackslash{}"},
                                     {'<', "\\textless{}"},
                                     {'>', "\\textgreater{}"}};
  return escaped_for(references, text);
}

struct Around {
  const char *before, *after;

  std::string operator()(const std::string& text) const { return before + text + after; }
};

struct Markup {
  std::string (*text)(const std::string&);
  Around bold, deviation;
};

std::string cell_text(const Column& column, const Cell& cell, bool best, const Markup& markup) {
  if (!cell.number) return markup.text(cell.text);
  std::string text = number_text(column, cell.number);
  if (best) text = markup.bold(text);
  if (!cell.deviation) return text;
  return text + markup.deviation(fmt::format("{:.{}f}", *cell.deviation, column.decimals));
}

std::vector<std::string> row_texts(const Table& table, std::size_t r, const std::vector<bool>& best,
                                   const Markup& markup) {
  std::vector<std::string> texts;
  texts.reserve(table.columns.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    texts.push_back(cell_text(table.columns[c], table.rows[r][c], best[c], markup));
  }
  return texts;
}

std::vector<std::string> heads(const Table& table, std::string (*text)(const std::string&)) {
  std::vector<std::string> names;
  names.reserve(table.columns.size());
  for (const Column& column : table.columns) names.push_back(text(column.name));
  return names;
}

bool begins_group(const Table& table, std::size_t r) {
  for (std::size_t c = 0; c < table.groups && r > 0; ++c) {
    const Cell &here = table.rows[r][c], &above = table.rows[r - 1][c];
    if (here.text != above.text || here.number != above.number) return true;
  }
  return false;
}

std::string csv_number(const Column& column, const std::optional<double>& number) {
  if (!number) return "";
  return column.decimals == 0 ? fmt::format("{:.0f}", *number)
                              : fmt::format("{:.{}f}", *number, column.decimals + 2);
}

std::size_t widest(const std::vector<std::vector<std::string>>& lines, std::size_t column) {
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line[column].size());
  return width;
}

}  // namespace

std::string csv_row(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) row += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      row += field;
      continue;
    }
    row += '"';
    for (const char c : field) row += c == '"' ? std::string("\"\"") : std::string(1, c);
    row += '"';
  }
  return row + "\n";
}

std::string csv(const Table& table) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    names.push_back(table.columns[c].name);
    if (table.has_deviations(c)) names.push_back(table.columns[c].name + " std");
  }
  std::string text = csv_row(names);
  for (const auto& row : table.rows) {
    std::vector<std::string> fields;
    for (std::size_t c = 0; c < row.size(); ++c) {
      fields.push_back(row[c].number ? csv_number(table.columns[c], row[c].number) : row[c].text);
      if (table.has_deviations(c)) fields.push_back(csv_number(table.columns[c], row[c].deviation));
    }
    text += csv_row(fields);
  }
  return text;
}

std::string plain_text(const Table& table) {
  const auto as_it_is = [](const std::string& text) { return text; };
  const Markup markup{as_it_is, {"", ""}, {" +-", ""}};
  std::vector<std::vector<std::string>> lines{heads(table, as_it_is)};
  const std::vector<bool> unmarked(table.columns.size());
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    lines.push_back(row_texts(table, r, unmarked, markup));
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) {
      const std::size_t width = widest(lines, c);
      text += table.columns[c].is_number ? fmt::format("{:>{}}", line[c], width)
                                         : fmt::format("{:<{}}", line[c], width);
      text += c + 1 == line.size() ? "\n" : "  ";
    }
  }
  return text;
}

std::string markdown(const Table& table) {
  const Markup markup{markdown_text, {"**", "**"}, {" ± ", ""}};
  std::string text = "## " + markdown_text(table.title) + "\n\n";
  if (!table.note.empty()) text += markdown_text(table.note) + "\n\n";
  text += fmt::format("| {} |\n", fmt::join(heads(table, markdown_text), " | "));
  for (const Column& column : table.columns) text += column.is_number ? "|---:" : "|---";
  text += "|\n";
  const auto best = best_cells(table);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    text += fmt::format("| {} |\n", fmt::join(row_texts(table, r, best[r], markup), " | "));
  }
  return text;
}

std::string latex(const Table& table) {
  const Markup markup{latex_text, {"\\textbf{", "}"}, {"{\\scriptsize$\\pm$", "}"}};
  std::string text = "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n";
  text += fmt::format("\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{",
                      latex_text(table.title), table.id);
  for (const Column& column : table.columns) text += column.is_number ? 'r' : 'l';
  text += fmt::format("}}\n\\toprule\n{} \\\\\n\\midrule\n",
                      fmt::join(heads(table, latex_text), " & "));
  const auto best = best_cells(table);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (begins_group(table, r)) text += "\\midrule\n";
    text += fmt::format("{} \\\\\n", fmt::join(row_texts(table, r, best[r], markup), " & "));
  }
  return text + "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

}  // namespace qprompt::report
