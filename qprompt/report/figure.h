#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "qprompt/report/table.h"

namespace qprompt::report {

// A picture: what the page draws of a table, and which column is what. page/src/plots.js has one
// function for each kind.
//   lines        y over x, a line for each `series`, panels by `panel`; `mark`: moments, by a
//   column
//                that is "yes" there; `log`: x has a logarithmic scale where it is "x"
//   ranges       x with its deviation, a dot for each `series` in rows of y, panels by `panel`
//   scatter      y over x (logarithmic), coloured by `series`, named by `name`
//   bars         x from zero for each y, coloured by `series`
//   histogram    counts y from `low` to `high`, panels by `panel`; rules where `rule` is set
//   heatmap      a cell for each x and y, as dark as `value`
//   reliability  accuracy y over confidence x, as large as `value` says
struct Figure {
  std::string id, title, caption;
  std::string kind;
  std::map<std::string, std::string> channels;  // what to column's name
  std::string choice;                           // a column: rows of one of its values are drawn
  Table data;

  // With id and title, its data's too; the id is that of the experiment and `name`.
  static Figure of(const std::string& experiment, const std::string& name,
                   const std::string& title);
};

// As the page reads them: by columns, texts as a list of distinct ones and positions in it.
nlohmann::ordered_json as_json(const Table& table);
nlohmann::ordered_json as_json(const Figure& figure);

}  // namespace qprompt::report
